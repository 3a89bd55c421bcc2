# The main job, through every kind of output.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
size() { od -An -tu1 -j 16 -N 8 "$1" | awk '{ print $4 + 256 * $3 " x " $8 + 256 * $7 }'; }
cd "$TMPDIR"
sgan-z --seeds 0-4,85 | sgan-map --psi 0.7 > w
sgan-synth < w > six.png && size six.png
sgan-z | sgan-map | sgan-synth > one.png && size one.png
sgan-synth --grid 2x1 -o 'g%d.png' w && ls g*.png && size g2.png
sgan-synth --grid 7x1 --blank 1 w > row.png && size row.png
sgan-synth --grid 2x2 -o small.png w && no || result
sgan-synth --grid 1x1 -o 'p-%03d.png' w && ls p-*.png
sgan-synth -o 'q-%d.png' w && cmp q-5.png p-005.png
sgan-synth --type u16 -o deep.png w && od -An -tu1 -j 24 -N 1 deep.png
sgan-synth -o float.exr w && head -c 4 float.exr | od -An -tx1
sgan-synth --format npy w | bytes 128 | tr -d '\0\223\001' | cut -c 7-90
sgan-synth --format npy --type f32 --grid 3x2 w | bytes 128 | tr -d '\0\223\001' | cut -c 7-90
sgan-synth --format rgb24 w | wc -c
sgan-synth --format y4m --fps 29.97 w | bytes 66
sgan-synth --format y4m w | wc -c
sgan-synth --format stream w | sgan-info | grep -E 'kind|shape|type|seeds|psi|count'
# The way the latents are cut into batches does not matter; random noise is seeded and numbered.
for noise in const random none; do
  for batch in 1 4; do
    sgan-synth --format npy --noise $noise --batch $batch w > $noise-$batch.npy
  done
  cmp $noise-1.npy $noise-4.npy
done
cmp -s const-1.npy none-1.npy && echo "noise does nothing" || :
sgan-synth --format npy --noise random --seed 1 w | cmp -s - random-1.npy && echo "the seed does nothing" || :
sgan-synth --format npy --noise random --noise-seed 1 w > n1
sgan-synth --format npy --noise random --seed 1 w | cmp - n1
# Libraries that are asked to talk do it elsewhere.
export SGAN_CPU_CONV=onednn
sgan-synth --format npy w > quiet.npy
DNNL_VERBOSE=2 sgan-synth --format npy w | cmp - quiet.npy
