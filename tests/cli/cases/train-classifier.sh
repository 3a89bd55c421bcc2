# A classifier of attributes: its files, that it goes on as if it had never stopped, and what a
# command line or a table may have wrong.
. "$CLI/common.sh"
. "$CLI/train.sh"
said() { sed -E 's/ (time|ETA) .*(  (even|half|class) )/\2/; s/[01]\.[0-9]{3}/N/g; s/hash [0-9a-f]+/hash HASH/; s#data [^ ]*/#data #'; }
pictures 24 "$TMPDIR/p.npy"
{ echo file,even,half; for i in {0..23}; do printf '00000/img%08d.png,%s,%s\n' $i $((i % 2)) "$([ $i -gt 11 ] || echo $((i % 3)))"; done; } >"$TMPDIR/a.csv"
train=(sgan-train --data "$TMPDIR/p.npy" --attributes "$TMPDIR/a.csv" --threads 1 --cbase 128 --cmax 8
  --set ema_kimg=0.01)
"${train[@]}" --classifier even,half --outdir "$TMPDIR/whole" --kimg 0.064 --tick 0.032 --seed 3 2>&1 | said
ls "$TMPDIR"/whole/* | sed 's/tfevents.*/tfevents/'
sgan-info --json "$TMPDIR"/whole/*/training-state.sgan | grep -o '"kimg":[0-9.]*'

features=$(ls "$TMPDIR"/whole/*/network-snapshot-000000.sgan)
sgan-info "$features" | grep -E '^(kind|network|name|family|  even|  half) '
sgan-z -n 1 | sgan-map -m "$features" >/dev/null && no || result

# In two parts.
"${train[@]}" --classifier even,half --outdir "$TMPDIR/parts" --kimg 0.032 --tick 0.032 --seed 3 -q
sgan-train --continue "$TMPDIR"/parts/0* --kimg 0.064 --threads 1 2>&1 | said
for d in whole parts; do
  cat "$TMPDIR/$d"/0*/stats.jsonl | tail -n 1 | grep -oE '"Loss/(even|half)": *\{[^}]*\}' > "$TMPDIR/$d.txt"
  zstd -dcq "$TMPDIR/$d"/0*/network-snapshot-000000.sgan | tail -c 4000 > "$TMPDIR/$d.weights"
done
cmp "$TMPDIR/whole.txt" "$TMPDIR/parts.txt"
cmp "$TMPDIR/whole.weights" "$TMPDIR/parts.weights"
[ "$(stat -c %s "$TMPDIR/whole.weights")" = 4000 ]

# SIGTERM: the step is finished, the state saved, and the run goes on.
"${train[@]}" --classifier even --outdir "$TMPDIR/stopped" --kimg 1000 --tick 0.016 --snap 0 2>"$TMPDIR/err" &
for _ in $(seq 600); do grep -q 'tick 1' "$TMPDIR/err" && break; sleep 0.05; done
kill -TERM $!
wait $! || echo "status $?"
grep -c 'stopped; go on with: sgan-train --continue .*/stopped/00000' "$TMPDIR/err"
sgan-train --continue "$TMPDIR"/stopped/0* --kimg 0.001 --threads 1 2>&1 | grep -c 'goes on at'

# Refused.
wrong() { "$@" && no || result; }
try() { wrong "${train[@]}" --outdir "$TMPDIR/none" --kimg 0.01 "$@"; }
try --classifier even,odd
try --classifier even,
try --classifier even --config stylegan2-f
try --classifier even --gamma 1
try --classifier even --set gamma=1
try --classifier even --set lr=fast
try --classifier even --aug noaug --mirror
wrong sgan-train --data "$TMPDIR/p.npy" --classifier class --outdir "$TMPDIR/none"
wrong sgan-train --data "$TMPDIR/p.npy" --config stylegan2-f --holdout 0.2 --outdir "$TMPDIR/none"
table() { printf '%b' "$1" >"$TMPDIR/b.csv"; wrong "${train[@]}" --attributes "$TMPDIR/b.csv" --classifier a --outdir "$TMPDIR/none"; }
table 'file,a\n00000/img00000000.png,1\nsomebody.png,2\n'
table 'file,a\n00000/img00000000.png,1\n00000/img00000001.png,1\n'
table 'file,a\n00000/img00000000.png,1,2\n'
table 'file,a\n00000/img00000000.png,\n'
table 'file,a\n'
wrong "${train[@]}" --attributes missing.csv --classifier a --outdir "$TMPDIR/none"
wrong sgan-train --continue "$TMPDIR"/whole/0* --mirror
[ ! -e "$TMPDIR/none" ]
