# Finite latents that are too large: no picture and no latent with NaN in it.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
large='\x99\x76\x96\x7e'  # 1e38
{ printf '%.0s\\0\\0\\0\\0' $(seq 48); printf "%.0s$large" $(seq 48); } > "$TMPDIR/bytes"
npy '2, 6, 8' "$(cat "$TMPDIR/bytes")" > "$TMPDIR/w"
for format in png npy stream rgb24; do
  sgan-synth --format $format --grid 1x1 -o out "$TMPDIR/w" 2>&1 | sed "s#$TMPDIR/##" >&2 && no || result
  rm -f out
done
npy '6, 8' "$(printf "%.0s$large" $(seq 48))" > "$TMPDIR/one"
sgan-mix "$TMPDIR/w" --add "$TMPDIR/one*9" -o out && no || result
{ printf '%.0s\\0\\0\\0\\0' $(seq 8); printf "%.0s$large" $(seq 8); } > "$TMPDIR/bytes"
npy '2, 8' "$(cat "$TMPDIR/bytes")" | sgan-map -o out && no || result
# 1e18 is far, but its square still is a number.
npy '1, 8' "$(printf '%.0s\\xb4\\xa2\\x5e\\x5d' $(seq 8))" | sgan-map | sgan-info | grep count
