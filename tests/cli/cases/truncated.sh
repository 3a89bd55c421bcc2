# A stream cut anywhere is an error, and no file is left. Then the same for a model.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z --seeds 0-5 --batch 2 > "$TMPDIR/z"
sgan-map "$TMPDIR/z" > "$TMPDIR/w"
sgan-synth --format stream "$TMPDIR/w" > "$TMPDIR/images"
for kind in z w images "$SGAN_MODEL"; do
  file=$TMPDIR/$(basename "$kind")
  size=$(stat -c %s "$file")
  for part in $(seq 1 19) 0; do  # 0: all but the last byte
    length=$((part == 0 ? size - 1 : size * part / 20))
    head -c $length "$file" > "$TMPDIR/cut"
    status=0
    case $kind in
      z) sgan-map -o out "$TMPDIR/cut" 2> "$TMPDIR/message" || status=$? ;;
      w) sgan-synth --format rgb24 -o out "$TMPDIR/cut" 2> "$TMPDIR/message" || status=$? ;;
      images) sgan-info "$TMPDIR/cut" > "$TMPDIR/said" 2> "$TMPDIR/message" || status=$? ;;
      *) sgan-map -m "$TMPDIR/cut" -o out "$TMPDIR/z" 2> "$TMPDIR/message" || status=$? ;;
    esac
    lines=$(wc -l < "$TMPDIR/message")
    [ $status -eq 1 ] && [ $lines -eq 1 ] && grep -q cut: "$TMPDIR/message" && [ ! -e out ] ||
      { echo "$kind cut after $part/20: status $status" >&2; cat "$TMPDIR/message" >&2; }
  done
done
echo done
