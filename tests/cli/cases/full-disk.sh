# /dev/full in every place.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z > "$TMPDIR/z"; sgan-map "$TMPDIR/z" > "$TMPDIR/w"
sgan-z > /dev/full && no || result
sgan-map "$TMPDIR/z" > /dev/full && no || result
sgan-mix "$TMPDIR/w" > /dev/full && no || result
sgan-info "$TMPDIR/w" > /dev/full && no || result
for format in png exr npy stream y4m rgb24; do
  sgan-synth --format $format "$TMPDIR/w" > /dev/full && no || result
  sgan-synth --format $format -o /dev/full "$TMPDIR/w" && no || result
done
[ -c /dev/full ]
