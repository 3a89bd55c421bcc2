# Models of 1, 2, 4 and 5 channels: what a format cannot hold is refused before anything is drawn.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
cd "$TMPDIR"
of() {  # CHANNELS: a model, and latents of it
  SGAN_MODEL=$TMPDIR/c$1.sgan
  random-model stylegan2 1 "{${SMALL/channels\": 3/channels\": $1}, $LAYERS}" > "$SGAN_MODEL"
  export SGAN_MODEL
  sgan-z -n 2 | sgan-map > w$1
}
for channels in 1 2 4 5; do
  of $channels
  for format in png jpg tiff exr hdr bmp tga webp gif ppm sgi dpx y4m rgb24; do
    if sgan-synth --format $format w$channels > out 2> said; then
      [ ! -s said ] && printf '%s ' $format
    else
      [ $? -eq 2 ] && [ ! -s out ] && [ "$(wc -l < said)" -eq 1 ] && cat said >&2
    fi
  done
  echo "hold $channels"
done
