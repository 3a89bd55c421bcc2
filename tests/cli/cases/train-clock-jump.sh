# The wall clock jumps back while a run goes on: nothing but the time stamps tells.
. "$CLI/train.sh"
jump=$(dirname "$(command -v random-model)")/clock-jump.so
if [ ! -e "$jump" ]; then exit 77; fi
pictures 8 data.npy
common=(--data data.npy "${small[@]}" --kimg 0.024 --tick 0.004 --snap 1)
sgan-train "${common[@]}" --outdir steady 2> /dev/null
LD_PRELOAD=$jump sgan-train "${common[@]}" --outdir jumped 2> err || cat err
stamps() { grep -oE '"timestamp":[0-9]*' "$1"/stats.jsonl | cut -d: -f2; }
stamps jumped/0* | awk 'NR > 1 && $1 < last - 30000000 { back = 1 } { last = $1 } END { print NR, "ticks,", back ? "a jump" : "no jump" }'
grep -oE '"Timing/sec_per_tick":[^}]*"mean":-' jumped/0*/stats.jsonl || true
[ "$(drawn steady/0*)" = "$(drawn jumped/0*)" ] && echo "the same pictures"
LD_PRELOAD=$jump sgan-train --continue jumped/0* --kimg 0.028 --threads 1 2>&1 | grep -o 'goes on at'
rm -rf steady jumped data.npy err
