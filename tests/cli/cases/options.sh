# Misuse: one line that names the option, status 2, nothing written.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z > "$TMPDIR/z"; sgan-map < "$TMPDIR/z" > "$TMPDIR/w"
cd "$TMPDIR"
sgan-z --bogus && no || result
sgan-z --sed 3 && no || result
sgan-z --count=three && no || result
sgan-z -n 0 && no || result
sgan-z -n && no || result
sgan-z -n 99999999999999999999 && no || result
sgan-z --seed -1 && no || result
sgan-z --seed 4294967296 && no || result
for seeds in '' , 1- -1 3-1 1-2-3 x 4294967296 0-4294967295; do
  sgan-z --seeds "$seeds" && no || result
done
sgan-z --seeds 1 -n 1 && no || result
sgan-z --dim 0 && no || result
sgan-z file && no || result
for psi in x '' nan inf -inf 1e999 0x10 '1 ' 1,5 --; do
  sgan-map --psi "$psi" z && no || result
done
sgan-map --cutoff 1.5 z && no || result
sgan-map --cutoff 99 z && no || result
sgan-map z z && no || result
sgan-map --threads 0 z && no || result
sgan-map --device gpu z && no || result
for grid in 2 2x x2 0x1 2X2 2x2x2 99999x1; do
  sgan-synth --grid $grid w && no || result
done
sgan-synth --noise loud w && no || result
sgan-synth --translate 0,1 w && no || result
sgan-synth --lod 1 w && no || result
grow=$TMPDIR/grow.sgan
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0, \"architecture\": \"grow\"}" > "$grow"
sgan-z -m "$grow" | sgan-map -m "$grow" > grow.w
sgan-synth -m "$grow" --lod 2 grow.w > grow.png
sgan-synth -m "$grow" --lod 2.5 grow.w && no || result
sgan-synth --type u32 w && no || result
sgan-synth --format y4m --type f32 w && no || result
sgan-synth --format npy --type u16 w && no || result
sgan-synth --fps 0 w && no || result
for pattern in %s %d%d %5 '%n' '%999999999d' '100%'; do
  sgan-synth -o "$pattern.png" w && no || result
done
sgan-synth -o 'x-%d.npy' w && no || result
sgan-synth -o noextension w && no || result
sgan-mix --lerp 2 --mean w && no || result
sgan-mix --cross w && no || result
sgan-mix --add w w && no || result
sgan-mix --styles 0 w && no || result
sgan-mix --with w --styles 99 w && no || result
sgan-mix --styles coarse --with z z && no || result
