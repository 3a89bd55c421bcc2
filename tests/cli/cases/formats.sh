# Every picture format that is offered is written, begins as it should, and has its contents.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z | sgan-map > "$TMPDIR/w"
cd "$TMPDIR"
for format in png jpg jpeg tif tiff exr hdr bmp tga webp gif ppm pgm pnm sgi dpx; do
  sgan-synth --format $format w > picture
  [ "$(wc -c < picture)" -gt 200 ]
  printf '%s ' $format; head -c 4 picture | od -An -tx1
done
for format in png tiff dpx sgi; do
  sgan-synth --format $format --type u16 w > picture16
  sgan-synth --format $format --type u8 w > picture8
  [ "$(wc -c < picture16)" -gt "$(wc -c < picture8)" ]
done
sgan-synth --format PNG w | cmp - <(sgan-synth w)
for format in jp2 term null fits ico iff pfm xyz a/b; do
  sgan-synth --format $format -o out w && no || result
done
sgan-synth --format png --type f32 -o out w && no || result
sgan-synth --type u16 -o out.jpg w && no || result
sgan-synth --type u8 -o out.exr w && no || result
for format in npy y4m rgb24; do
  sgan-synth --format $format --type u16 -o out w && no || result
done
sgan-synth --format rgb24 --type f32 -o out w && no || result
for format in png rgb24 stream; do
  sgan-synth --format $format --fps 25 -o out w && no || result
done
sgan-synth --format jpg --grid 1x4096 -o out w && no || result
sgan-synth --format webp --grid 1024x1 -o out w && no || result
[ ! -e out ]
