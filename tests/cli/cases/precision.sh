# 16-bit layers: close to float32, not equal to it, and only where they are asked for.
. "$CLI/common.sh"
cd "$TMPDIR"
for model in "$(model 1)" "$(model3 1)"; do
  export SGAN_MODEL=$model
  sgan-z -n 2 | sgan-map > w
  draw() { sgan-synth --format npy --type f32 "$@" w; }
  draw > f32
  for same in f32 tf32 auto; do draw --precision $same | cmp - f32; done  # on the CPU
  for half in f16 bf16; do
    draw -q --precision $half > half
    cmp -s half f32 && echo "$half changes nothing" || echo "$half differs"
    # Of 2 x 16 x 16 x 3 bytes nearly all agree to 8 levels of 255.
    paste <(sgan-synth --format rgb24 w | od -An -v -tu1 -w1) \
      <(sgan-synth -q --precision $half --format rgb24 w | od -An -v -tu1 -w1) |
      awk '{ d = $1 - $2; if (d > 8 || d < -8) far++ } END { print NR, far + 0 }'
  done
done
draw --precision f16 > /dev/null
draw --precision f64 && no || result
SGAN_MODEL=$TMPDIR/progan
random-model progan 1 '{"resolution": 8, "num_channels": 3, "fmap_base": 64, "fmap_max": 8, "latent_size": 8}' > progan
sgan-z | sgan-map > w
draw --precision bf16 && no || result
draw --precision auto | cmp - <(draw)
