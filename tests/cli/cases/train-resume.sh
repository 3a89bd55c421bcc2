# A run that was stopped and goes on equals one that was not, bit for bit; killed at any moment, the
# last saved state is whole.
. "$CLI/train.sh"
pictures 24 data.npy
common=(--data data.npy "${small[@]}" --mirror --aug fixed --p 0.5 --tick 0.008)
sgan-train "${common[@]}" --outdir whole --kimg 0.048 --snap 0 2> /dev/null
sgan-train "${common[@]}" --outdir parts --kimg 0.024 --snap 0 2> /dev/null
sgan-train --continue parts/0* --kimg 0.048 --threads 1 2> err
said err | grep -v 'drawing samples: picture files need'  # built without pictures
[ "$(drawn whole/0*)" = "$(drawn parts/0*)" ] && echo "the same pictures"

# Augmentation that adapts: its state goes along.
ada=(--data data.npy "${small[@]}" --aug ada --set ada_kimg=0.02 --set ada_interval=1 --tick 0.008 --snap 0)
sgan-train "${ada[@]}" --outdir whole-ada --kimg 0.048 2> err
grep -q 'augment 0\.[0-9]*[1-9]' err && echo "p moves"
sgan-train "${ada[@]}" --outdir parts-ada --kimg 0.024 2> /dev/null
sgan-train --continue parts-ada/0* --kimg 0.048 --threads 1 2> /dev/null
[ "$(drawn whole-ada/0*)" = "$(drawn parts-ada/0*)" ] && echo "the same pictures"

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

# Settings of null are the networks' own, in snapshots too.
sgan-train "${common[@]}" --outdir null --kimg 0.008 --snap 0 --g-arg resample_filter=null \
  --d-arg block_kwargs=null --g-arg magnitude_ema=null 2>&1 |
  grep -c "saving a snapshot" || true
rm -rf null whole parts whole-ada parts-ada killed stopped data.npy err before
