# For cases about sgan-train: sourced, not run. A data set that needs no picture library nor the
# default model, and a small network.
small=(--config stylegan2-e --cbase 128 --cmax 8 --latent-dim 8 --map-depth 1 --batch 4
  --mbstd-group 2 --threads 1)
pictures() {  # count, file
  random-model stylegan2 1 '{"img_resolution": 32, "channel_base": 512, "channel_max": 32,
    "z_dim": 16, "w_dim": 16}' > pictures.sgan
  sgan-z -n "$1" -m pictures.sgan | sgan-map -m pictures.sgan |
    sgan-synth -m pictures.sgan --format npy --noise random > "$2"
  rm pictures.sgan
}
# What was said, without what differs from one machine and moment to the next.
said() { sed -E 's/ (time|ETA) .*$//; s/hash [0-9a-f]+/hash HASH/; s#data [^ ]*/#data #; s/tick .*$/tick/' "$1"; }
drawn() {  # run directory: what its last snapshot draws
  local model
  model=$(ls "$1"/network-snapshot-*.sgan | tail -n 1)
  sgan-z --seeds 0-3 -m "$model" | sgan-map -m "$model" |
    sgan-synth -m "$model" --format npy --type f32 | sha256sum
}
