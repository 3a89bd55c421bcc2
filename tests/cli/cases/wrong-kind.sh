# z where w is wanted and the reverse; w of another model; a wrong size.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z > "$TMPDIR/z"
sgan-map "$TMPDIR/z" > "$TMPDIR/w"
sgan-synth --format stream "$TMPDIR/w" > "$TMPDIR/images"
sgan-synth -o out.png "$TMPDIR/z" && no || result
sgan-map -o out "$TMPDIR/w" && no || result
sgan-map -o out "$TMPDIR/images" && no || result
sgan-synth -o out.png "$TMPDIR/images" && no || result
sgan-mix -o out "$TMPDIR/images" && no || result
sgan-mix -o out "$TMPDIR/z" "$TMPDIR/w" && no || result
sgan-synth -o out.png -m "$(model 2)" "$TMPDIR/w" 2>&1 | sed -E 's/[0-9a-f]{12}/HASH/g' >&2 && no || result
sgan-map -m "$(model 2)" "$TMPDIR/z" > "$TMPDIR/w2"
sgan-mix -o out "$TMPDIR/w" "$TMPDIR/w2" 2>&1 | sed -E 's/[0-9a-f]{12}/HASH/g' >&2 && no || result
sgan-z --dim 7 | sgan-map -o out && no || result
npy '1, 6, 7' "$(printf '\\0%.0s' $(seq 168))" | sgan-synth -o out.png && no || result
printf '12345' | sgan-map --raw -o out && no || result
# A direction is of the same model and kind.
sgan-mix -o out "$TMPDIR/w" --add "$TMPDIR/w2*1" 2>&1 | sed -E 's/[0-9a-f]{12}/HASH/g' >&2 && no || result
sgan-mix -o out "$TMPDIR/w" --add "$TMPDIR/z*1" && no || result
sgan-z --dim 8 | sgan-mix -o out --add "$TMPDIR/w*1" && no || result
sgan-mix -o "$TMPDIR/sum" "$TMPDIR/w" --add "$TMPDIR/w*1" || no
