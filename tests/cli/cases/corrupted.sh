# A byte turned over anywhere in a stream is an error, and no file is left.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z --seeds 0-5 --batch 2 > "$TMPDIR/z"
sgan-map "$TMPDIR/z" > "$TMPDIR/w"
for kind in z w; do
  size=$(stat -c %s "$TMPDIR/$kind")
  for at in $(seq 0 31) $(seq 32 $((size / 40)) $((size - 1))) $(seq $((size - 20)) $((size - 1))); do
    flip "$TMPDIR/$kind" "$at" > "$TMPDIR/bad"
    status=0
    if [ $kind = z ]; then
      sgan-map -o out "$TMPDIR/bad" 2> "$TMPDIR/message" || status=$?
    else
      sgan-synth --format rgb24 -o out "$TMPDIR/bad" 2> "$TMPDIR/message" || status=$?
    fi
    [ $status -eq 1 ] && [ "$(wc -l < "$TMPDIR/message")" -eq 1 ] && [ ! -e out ] ||
      { echo "$kind with byte $at of $size turned over: status $status" >&2; cat "$TMPDIR/message" >&2; rm -f out; }
  done
done
echo done
