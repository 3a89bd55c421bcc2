# Metrics of snapshots while a model is trained: what is said and what lies in the run's directory;
# on several processes the same.
. "$CLI/common.sh"
. "$CLI/train.sh"
pictures 24 data.npy
export XDG_CACHE_HOME=$PWD/cache
sgan-train --data data.npy "${small[@]}" --outdir out --kimg 0.032 --snap 0 \
  --metrics fid,ppl,kid,pr,is,eqt --metrics-n 30 2> log
grep -o 'snapshot.*: [a-z0-9_]*\[emoji-features\]' log
ls out/*/ | grep metric
jq -c 'keys_unsorted' out/*/metric-fid*.jsonl
grep -o 'no equivariance.*' log
sgan-train --continue out/* --kimg 0.064 --metrics fid --metrics-n 30 2> /dev/null
cat out/*/metric-fid*.jsonl | wc -l
sgan-train --data data.npy "${small[@]}" --outdir out --metrics fid,lpips && no || result
sgan-train --data data.npy "${small[@]}" --outdir out --metrics-n 5 && no || result
sgan-train --data data.npy "${small[@]}" --outdir out --metrics fid --features nowhere.sgan && no || result
rm -rf out cache log
