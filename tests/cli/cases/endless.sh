# Models from pipes, also ones that do not end: as much is read as the header says.
. "$CLI/common.sh"
real=$(model 1)
cd "$TMPDIR"
zstd -dcq "$real" > bare
for program in sgan-info "sgan-import -o out"; do
  timeout 20 $program /dev/zero && no || result
done
SGAN_MODEL=/dev/zero timeout 20 sgan-z && no || result
mkfifo pipe
for file in "$real" bare; do
  cat "$file" > pipe &
  sgan-z -m pipe | sgan-info | grep shape
  wait  # a writer that has not seen its reader go would write to the next one
  cat "$file" > pipe &
  sgan-info --hash pipe | grep verified
  wait
  { cat "$file" /dev/zero > pipe 2> /dev/null || :; } &
  timeout 20 sgan-z -m pipe && no || result
  wait
  { head -c 3000 "$file" > pipe 2> /dev/null || :; } &
  timeout 20 sgan-z -m pipe && no || result
  wait
done
sgan-info < bare | grep -E 'sha256|verified' | sed -E 's/[0-9a-f]{64}/HASH/'
flip bare $(($(wc -c < bare) - 2)) > flipped
sgan-info flipped | grep verified
sgan-info --hash flipped 2>&1 | sed -E 's/[0-9a-f]{64}/HASH/g' >&2 && no || result
# Network files: foreign tensors as far as their header says, pickles as far as memory goes.
{ cat bare; cat /dev/zero; } 2> /dev/null | timeout 20 sgan-import --networks G_ema -o out && no || result
printf '\200\200' | cat - /dev/zero 2> /dev/null | timeout 20 sgan-import -o out && no || result
(
  ulimit -v 200000
  printf '\200\002' | cat - /dev/zero 2> /dev/null | timeout 20 sgan-import -o out 2> said && no || result
)
sed 's/[0-9]\{2,\}/N/' said >&2
# Compressed ones are unpacked.
zstd -cq "$GOLDEN/legacy-tf.pkl" | sgan-import -q | cmp - <(sgan-import -q "$GOLDEN/legacy-tf.pkl")
