# An interrupted measurement prints what it has, and goes on from its checkpoint.
. "$CLI/common.sh"
cd "$TMPDIR"
sgan-ppl --n 40 --batch 2 --json > whole
# The first signal: the estimate so far, the checkpoint, the death that the signal means.
sgan-ppl --n 100000 --batch 2 --json --checkpoint part > early & pid=$!
appears part $pid; kill -TERM $pid  # a shell lets its background jobs ignore SIGINT
wait $pid && no || result
jq -c '[.wanted, .count > 0, .count < .wanted]' early
sgan-ppl --n 100000 --batch 2 --seed 1 --checkpoint part && no || result
sgan-ppl --n 100000 --batch 4 --checkpoint part && no || result
sgan-ppl --n 40 --batch 2 --checkpoint part --json > fewer  # all of them, or nearly, are there
jq -n --slurpfile a whole --slurpfile b fewer '$a[0].value == $b[0].value'
echo damaged > part; sgan-ppl --n 40 --batch 2 --checkpoint part && no || result
sgan-ppl --n 40 --checkpoint /nowhere/part && no || result
rm part; sgan-ppl --n 40 --batch 2 --checkpoint part --json > kept
sgan-ppl --n 40 --batch 2 --checkpoint part --json > again   # nothing is left to compute
for file in kept again; do
  jq -n --slurpfile a whole --slurpfile b $file '$a[0].value == $b[0].value'
done
