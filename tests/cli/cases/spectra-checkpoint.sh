# An average spectrum that is stopped says so, and goes on from its checkpoint.
. "$CLI/common.sh"
cd "$TMPDIR"
SGAN_MODEL=$(model 1)
export SGAN_MODEL
by="--mean 100 --std 50 --batch 2"
sgan-spectra --n 40 $by > whole
sgan-spectra --n 1000000 $by --checkpoint part --plot plot.png --json > early 2> said & pid=$!
appears part $pid; kill -TERM $pid
wait $pid && no || result
jq -c '[.wanted, .count > 0, .count < .wanted]' early
sed -E 's/of [0-9]+/of N/' said >&2
[ -s plot.png ] && echo "a plot"
sgan-spectra --n 1 $by --checkpoint some > /dev/null; sgan-spectra --n 2 $by --checkpoint some > /dev/null
sgan-spectra --n 1 $by --checkpoint some && no || result
rm some
sgan-spectra --n 1000000 $by --seed 1 --checkpoint part && no || result
sgan-spectra --n 1000000 --mean 101 --std 50 --checkpoint part && no || result
# Some now, the rest later, in other batches: as all at once.
sgan-spectra --n 13 $by --checkpoint some > /dev/null
sgan-spectra --n 40 $by --batch 3 --checkpoint some | cmp - whole
sgan-spectra --n 40 $by --checkpoint some | cmp - whole
echo damaged > part; sgan-spectra $by --checkpoint part && no || result
sgan-spectra $by --checkpoint /nowhere/part && no || result
sgan-synth --format stream < <(sgan-z -n 2 | sgan-map) | sgan-spectra - --mean 1 --std 1 --checkpoint part && no || result
