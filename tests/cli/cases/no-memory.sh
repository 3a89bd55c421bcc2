# More memory than there is: one line, not a crash, and nothing left.
. "$CLI/common.sh"
SGAN_MODEL=$TMPDIR/big.sgan; export SGAN_MODEL
random-model stylegan2 1 '{"z_dim": 8, "w_dim": 8, "c_dim": 0, "img_resolution": 256,
  "img_channels": 3, "channel_base": 2048, "channel_max": 8, "mapping_kwargs": {"num_layers": 1}}' \
  > "$SGAN_MODEL"
sgan-z -n 256 --batch 256 | sgan-map > "$TMPDIR/w"
(
  ulimit -v 1000000
  sgan-synth --format rgb24 --batch 256 -o out "$TMPDIR/w" 2> "$TMPDIR/message" && no || result
)
[ "$(wc -l < "$TMPDIR/message")" -eq 1 ]
sed -E 's/[0-9.]+ ?([KMGT]i?B|bytes)/SIZE/g; s/[0-9]+/N/g' "$TMPDIR/message" >&2
