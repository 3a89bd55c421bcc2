# What sgan-info says of a run's saved state.
. "$CLI/common.sh"
. "$CLI/train.sh"
pictures 8 data.npy
sgan-train --data data.npy "${small[@]}" --kimg 0.008 --tick 0.004 --snap 0 --outdir runs 2> /dev/null
state=$(echo runs/0*/training-state.sgan)
sgan-info "$state" | sed -n '/^file/,/^data /p' | grep -vE '^(seconds|data ) |hash'
sgan-info --json "$state" | grep -oE '"(kind|config|kimg|total_kimg|steps|tick)":[^,]*'
sgan-info --tensors "$state" | grep -c 'adam_G\.'
sgan-info < "$state" | lines 3
head -c 1000 "$state" > cut
sgan-info cut && no || result
rm -rf runs data.npy cut
