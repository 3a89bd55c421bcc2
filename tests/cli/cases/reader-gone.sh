# The reader has seen enough: quiet, by SIGPIPE.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z -n 20000 | head -c 100 | wc -c || result
sgan-z -n 2000 > "$TMPDIR/z"
sgan-map "$TMPDIR/z" | head -c 100 | wc -c || result
sgan-z -n 200 | sgan-map > "$TMPDIR/w"
sgan-synth --format rgb24 "$TMPDIR/w" | head -c 100 | wc -c || result
sgan-mix --cubic 60 "$TMPDIR/w" | head -c 100 | wc -c || result
