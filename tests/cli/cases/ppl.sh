# Path length: what is printed, reproducible, whatever the batches and the number of processes.
. "$CLI/common.sh"
cd "$TMPDIR"
value() { jq -c '[.metric, (.value * 1e3 | round), .count]'; }
sgan-ppl --n 12 --json > one
jq -r 'keys_unsorted | join(" ")' one
[ "$(value < one)" = "$(sgan-ppl --n 12 --json | value)" ] && echo reproducible
# Batches change the last bits of float32 pictures, no more.
sgan-ppl --n 12 --batch 5 --json > other
jq -n --slurpfile a one --slurpfile b other '($a[0].value - $b[0].value | fabs) / $a[0].value < 0.02'
for space in w z; do
  for sampling in end full; do sgan-ppl --n 2 --space $space --sampling $sampling --json | jq -r .metric; done
done
sgan-ppl --n 2 --crop --variant sg1 --json | jq -c '[.metric, .variant]'
sgan-ppl --n 3 --distances d > /dev/null; wc -l < d
sgan-ppl --n 3 | sed 's/  [0-9].*  3 samples, seed 0, model [0-9a-f]\{12\}, features [0-9a-f]\{12\}$/ ok/'
mkdir run; sgan-ppl --n 2 --run-dir run > /dev/null
jq -r 'keys_unsorted | join(" ")' run/metric-*.jsonl; ls run
