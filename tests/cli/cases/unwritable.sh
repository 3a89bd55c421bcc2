# Outputs that cannot be written; a file that was there stays as it was.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z > "$TMPDIR/z"; sgan-map "$TMPDIR/z" > "$TMPDIR/w"
mkdir "$TMPDIR/directory"
sgan-z -o nowhere/z && no || result
sgan-z -o "$TMPDIR/directory" && no || result
sgan-synth -o nowhere/out.png "$TMPDIR/w" && no || result
sgan-synth -o 'nowhere/%d.png' "$TMPDIR/w" && no || result
sgan-synth -o out.xyz "$TMPDIR/w" && no || result
sgan-synth -o out.jpg --type u16 "$TMPDIR/w" && no || result
sgan-z >&- && no || result
echo old > "$TMPDIR/kept"
head -c 100 "$TMPDIR/w" | sgan-synth --format rgb24 -o "$TMPDIR/kept" && no || result
cat "$TMPDIR/kept"
