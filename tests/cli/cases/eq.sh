# sgan-eq: what it prints, what does not change it, and what it refuses.
. "$CLI/common.sh"
cd "$TMPDIR"
SGAN_MODEL=$(model3 1)
export SGAN_MODEL
plain() { sed -E 's/(-?[0-9]+\.[0-9]+|inf)/X/g; s/[0-9a-f]{12,}/HASH/g' "$1"; }
sgan-eq --n 6 > all
plain all
sgan-eq --n 6 --json > json
plain json
# One alone is the same, and so is any number of threads.
for metric in int frac rot; do sgan-eq --n 6 --metric $metric --threads 1; done | cmp - all
# The seed and the batch, whose samples share a movement, change it.
sgan-eq --n 6 --seed 1 | sed 's/seed 1/seed 0/' | cmp -s - all && no || :
sgan-eq --n 6 --batch 3 | cmp -s - all && no || :
# A picture that does not move is what it was.
sgan-eq --n 2 --translate-max 0 --metric int | sed -E 's/model .*/model HASH/'
sgan-eq --n 2 --translate-max 0 --metric int --json | grep -c '"value":null'
# Interrupted work goes on; other work does not take its place.
sgan-eq --n 6 --checkpoint part > first
sgan-eq --n 6 --checkpoint part | cmp - first
cmp first all
sgan-eq --n 6 --checkpoint part --batch 3 2> said && no || result
[ "$(wc -l < said)" -eq 1 ]
# Refusals.
sgan-eq -m "$(model 1)" && no || result
sgan-eq --n 0 && no || result
sgan-eq --metric all && no || result
sgan-eq --rotate-max 2 && no || result
sgan-eq --class 1 && no || result
sgan-eq --data nowhere && no || result
sgan-eq w.bin && no || result
