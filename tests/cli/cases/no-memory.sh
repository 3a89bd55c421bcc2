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

# Little more than the program itself takes: said in a line too, whatever runs out first.
SGAN_MODEL=$(model 1)
sgan-z > "$TMPDIR/z"
for limit in $(seq 60000 3000 100000); do
  status=0
  (ulimit -v "$limit"; sgan-map --threads 1 -o /dev/null "$TMPDIR/z" 2> "$TMPDIR/message") || status=$?
  case $status in
    0 | 127) ;;  # 127: the loader finds no room for the libraries
    1) [ "$(wc -l < "$TMPDIR/message")" -eq 1 ] ;;
    *) echo "ulimit -v $limit: status $status" >&2 ;;
  esac
done
# A zstd window that there is no room for is no damage.
(
  ulimit -v 140000
  printf '\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00' | sgan-map --threads 1 -o out && no || result
)
