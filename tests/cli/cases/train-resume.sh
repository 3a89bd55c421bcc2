# A run that was stopped and goes on equals one that was not, bit for bit; killed at any moment, the
# last saved state is whole.
. "$CLI/train.sh"
pictures 24 data.npy
common=(--data data.npy "${small[@]}" --mirror --aug fixed --p 0.5 --tick 0.008)
sgan-train "${common[@]}" --outdir whole --kimg 0.048 --snap 0 2> /dev/null
sgan-train "${common[@]}" --outdir parts --kimg 0.024 --snap 0 2> /dev/null
sgan-train --continue parts/0* --kimg 0.048 --threads 1 2> err
said err
[ "$(drawn whole/0*)" = "$(drawn parts/0*)" ] && echo "the same pictures"

timeout -s KILL 60 sgan-train "${common[@]}" --outdir killed --kimg 100 --snap 1 2> /dev/null &
for _ in $(seq 600); do [ -e killed/0*/training-state.sgan ] && break; sleep 0.05; done
sleep 0.3
kill -9 "$(pgrep -P $!)"
wait $! 2> /dev/null || echo "status $?"
cp killed/0*/training-state.sgan before
sgan-train --continue killed/0* --kimg 0.001 --threads 1 2> /dev/null
cmp -s before killed/0*/training-state.sgan || echo "went on"

# SIGTERM: the step is finished, the state saved.
sgan-train "${common[@]}" --outdir stopped --kimg 100 --snap 0 2> err &
for _ in $(seq 600); do grep -q 'tick 1' err && break; sleep 0.05; done
kill -TERM $!
wait $! || echo "status $?"
grep -c 'stopped; go on with: sgan-train --continue stopped/00000' err
ls stopped/0*/training-state.sgan
rm -rf whole parts killed stopped data.npy err before
