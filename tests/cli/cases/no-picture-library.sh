# Without libsgan-image everything but pictures works, and the message says so.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
mkdir -p "$TMPDIR/bin" "$TMPDIR/lib"
real=$(dirname "$(command -v sgan-synth)")
cp "$real/sgan-synth" "$TMPDIR/bin"
cp -L "$real/../lib/libsgan.so.0" "$TMPDIR/lib"
sgan-z | sgan-map > "$TMPDIR/w"
"$TMPDIR/bin/sgan-synth" --format rgb24 "$TMPDIR/w" | wc -c
"$TMPDIR/bin/sgan-synth" -o out.png "$TMPDIR/w" 2>&1 | sed 's/(.*)/(...)/' >&2 && no || result
