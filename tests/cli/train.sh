# For cases about sgan-train: sourced, not run. A data set that needs no picture library, and a small
# network.
small=(--config stylegan2-e --cbase 128 --cmax 8 --latent-dim 8 --map-depth 1 --batch 4
  --mbstd-group 2 --threads 1)
pictures() {  # count, file
  sgan-z -n "$1" | sgan-map | sgan-synth --format npy --noise random > "$2"
}
# What was said, without what differs from one machine and moment to the next.
said() { sed -E 's/ (time|ETA) .*$//; s/hash [0-9a-f]+/hash HASH/; s#data [^ ]*/#data #; s/tick .*$/tick/' "$1"; }
drawn() {  # run directory: what its last snapshot draws
  local model
  model=$(ls "$1"/network-snapshot-*.sgan | tail -n 1)
  sgan-z --seeds 0-3 -m "$model" | sgan-map -m "$model" |
    sgan-synth -m "$model" --format npy --type f32 | sha256sum
}
