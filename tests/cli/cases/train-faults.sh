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

# The same with an older state, which stays as it is.
sgan-train "${common[@]}" --outdir old 2> /dev/null
cp old/0*/training-state.sgan good
(ulimit -f 20; sgan-train --continue old/0* --kimg 0.016 2> err) || echo "status $?"
cmp good old/0*/training-state.sgan
tail -n 1 err | sed 's#.*/[^:]*: ##'
rm -rf old good

# Data that are not those of the state.
pictures 9 data.npy
sgan-train --continue runs/00000* --kimg 0.016 2> err
grep -o 'warning: the data have changed since the state was saved' err

# A state that is not whole: one line, and nothing of the run has changed.
state=$(echo runs/00000*/training-state.sgan)
cp "$state" good
hashes() { cat runs/00000*/* | sha256sum; }
refuses() {
  local before
  before=$(hashes)
  sgan-train --continue runs/00000* --kimg 0.02 > err 2>&1 || echo "status $?"
  [ "$before" = "$(hashes)" ] && sed 's#runs/00000[^:]*/##; s/after [0-9]* bytes/after N bytes/
    s/near byte [0-9]*/near byte N/; s/text, not.*/text/' err
}
for bytes in 0 100 $(($(stat -c %s good) - 1)); do
  head -c "$bytes" good > "$state"
  refuses
done
(head -c 5000 good; printf '\1\2\3'; tail -c +5004 good) > "$state"
refuses
cp runs/00000*/network-snapshot-*.sgan "$state"
refuses
cp good "$state"
sgan-train "${common[@]}" --outdir small --resume "$state" 2>&1 | tail -n 1 | sed 's/.*state.sgan: //' || true
pictures 4 small.npy
sgan-train --continue runs/00000* --kimg 0.02 --data small.npy --tick 1 --workers 1 2>&1 |
  grep -o 'data small.npy: 4 pictures\|the data have changed'
# Pictures of another kind: the same bytes as three times as many of one channel.
sed '1s/, 3), }  /, 1), }  /; 1s/(4, /(12,/' small.npy > grey.npy
sgan-train --continue runs/00000* --data grey.npy || echo "status $?"

# Two that go on in one directory; networks of another architecture.
sgan-train --continue runs/00000* --kimg 1000 --threads 1 2> err & first=$!
for _ in $(seq 600); do grep -q 'goes on at' err && break; sleep 0.05; done
sgan-train --continue runs/00000* --kimg 1000 2>&1 | sed 's#runs/[^:]*#RUN#' || echo "status $?"
kill $first
wait $first || echo "status $?"
model=$(ls runs/00001*/network-snapshot-*.sgan | tail -n 1)
sgan-train "${common[@]}" --outdir runs --g-arg architecture=resnet --resume "$model" 2>&1 |
  grep -o 'lacks tensors of this configuration; [0-9]* start anew'
rm -rf runs small small.npy grey.npy err data.npy good
