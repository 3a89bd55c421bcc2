# Distances between distributions: names, one pass for all, the same from a model, a stream and an
# array, features of the data set kept.
. "$CLI/metrics.sh"
npy_bytes '90, 16, 16, 3' 69120 7 > real.npy
value() { jq -c '[.metric, (.value * 1e4 | round), .count]'; }
sgan-fid -q --data real.npy --n 80 --metrics fid,kid,pr,is --json > one
jq -r .metric one
jq -r 'keys_unsorted | join(" ")' one | lines 1
ls cache/sgan | sed 's/-[0-9a-f]\{16\}/-HASH/'
before=$(stat -c %Y.%i cache/sgan/*)
sgan-fid -q --data real.npy --n 80 --metrics is,fid --json > two
[ "$before" = "$(stat -c %Y.%i cache/sgan/*)" ] && echo kept
for metric in fid80_full is80_mean; do
  for file in one two; do jq -c "select(.metric | startswith(\"$metric\")) | .value" $file; done | uniq | wc -l
done
# The official rounding to bytes makes no difference between the ways that pictures come.
sgan-z -n 80 --philox --seed 0 | sgan-map | sgan-synth --noise random --format stream > s.bin
sgan-fid -q --data real.npy --json - < s.bin > stream
jq -c '[.metric, .count]' stream
jq -n --slurpfile a one --slurpfile b stream '($a[0].value / $b[0].value - 1 | fabs) < 1e-2'
[ "$(jq -r .model stream)" = "$(jq -r .model one | lines 1)" ] && echo "the stream's model"
sgan-fid -q --data real.npy --n 20 --json - < s.bin | jq -c '[.metric, .count]'
# Against itself.
sgan-fid -q --data real.npy --metrics fid,pr --cache none --json real.npy | value
sgan-fid -q --data real.npy --mirror --metrics fid --json real.npy | jq -c '[.metric, .real_count, .value > 0]'
sgan-fid -q --data real.npy --max-real 50 --metrics fid,kid --json real.npy | jq -c '[.metric, .real_count]'
sgan-fid -q --data real.npy --variant sg1 --json real.npy | jq -c '[.metric, .variant]'
sgan-fid -q --metrics is --splits 2 --json real.npy | jq -c '[.metric, has("real_count")]'
# The last bits of features do not depend on the batch, nor results on an interruption.
sgan-fid -q --data real.npy --n 80 --batch 7 --json | jq --slurpfile a one '(.value / $a[0].value - 1 | fabs) < 1e-3'
sgan-fid -q --data real.npy --n 80 --checkpoint part --json | jq --slurpfile a one '.value == $a[0].value'
sgan-fid -q --data real.npy --n 80 --checkpoint part --json | jq --slurpfile a one '.value == $a[0].value'
# A damaged cache costs time, no more; one that cannot be written is left out.
head -c 1000 cache/sgan/real-* | tee short > /dev/null; for f in cache/sgan/*; do cp short "$f"; done
sgan-fid --data real.npy --n 80 --metrics pr --json | jq -c .metric
echo > file
sgan-fid --data real.npy --n 80 --metrics pr --cache file/dir --json | jq -c .metric
mkdir run; sgan-fid -q --data real.npy --n 80 --run-dir run | sed 's/  [0-9].*//'; ls run
