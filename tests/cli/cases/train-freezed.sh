# Frozen layers of the discriminator keep every bit, the others move; also in a run that goes on.
. "$CLI/common.sh"
. "$CLI/train.sh"
pictures 8 data.npy
common=(--data data.npy "${small[@]}" --tick 0.008 --snap 1)
tensors() {  # FILE: name and hash of each tensor of the discriminator
  local size name begin end
  zstd -dcq "$1" > bare
  size=$(od -An -tu8 -N 8 bare | tr -d ' ')
  tail -c +9 bare | bytes "$size" |
    jq -r 'to_entries[] | select(.key | startswith("D.")) | [.key, .value.data_offsets[]] | @tsv' |
    sort | while read -r name begin end; do
      echo "$name $(tail -c +$((9 + size + begin)) bare | bytes $((end - begin)) | sha256sum)"
    done
}
still() {  # run directory: which tensors are what they were, of how many
  tensors "$1"/0*/training-state.sgan > now
  comm -12 start now | sed 's/^D\.\([^ ]*\) .*/\1/' | xargs
  echo "of $(wc -l < now)"
}
sgan-train "${common[@]}" --outdir first --kimg 0.004 2> /dev/null
model=$(ls first/0*/network-snapshot-*.sgan)
tensors "$model" > start
for layers in 0 1 3 5 64; do
  sgan-train "${common[@]}" --outdir run$layers --kimg 0.008 --resume "$model" --freezed $layers 2> /dev/null
  echo "$layers: $(still run$layers | xargs)"
done
sgan-train --continue run5/0* --kimg 0.016 --threads 1 2> /dev/null
still run5
# The optimiser knows nothing of them.
sgan-info --tensors --json run64/0*/training-state.sgan |
  jq -r '.tensors | keys[] | select(test("^adam_D.*exp_avg$"))'
sgan-train "${common[@]}" --outdir run --config stylegan1-f --freezed 1 && no || result
rm -rf first run* start now bare data.npy
