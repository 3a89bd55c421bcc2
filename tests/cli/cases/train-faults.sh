# Faults that a run survives, or that it tells.
. "$CLI/train.sh"
pictures 8 data.npy
common=(--data data.npy "${small[@]}" --kimg 0.012 --tick 0.004 --snap 1)

# Two at once in one directory.
sgan-train "${common[@]}" --outdir runs 2> /dev/null & first=$!
sgan-train "${common[@]}" --outdir runs 2> /dev/null
wait $first
ls runs

# No room for a snapshot: the run goes on, and says so.
(ulimit -f 20; sgan-train "${common[@]}" --outdir small 2> err) || echo "status $?"
grep -c 'warning: saving the state: .*; the run goes on, older files stay' err | sed 's/^[1-9].*/told/'
ls small/0* | grep -c 'training-state' || true

# Data that are not those of the state.
pictures 9 data.npy
sgan-train --continue runs/00000* --kimg 0.016 2> err
grep -o 'warning: the data have changed since the state was saved' err
rm -rf runs small err data.npy
