# Grey pictures, and labels, with networks of every generation: they train, go on, and draw. What is
# wrong with a folder is said by the picture's name.
. "$CLI/train.sh"
pictures 4 rgb.npy
# The same bytes as three times as many pictures of one channel.
sed '1s/, 3), }  /, 1), }  /; 1s/(4, /(12,/' rgb.npy > grey.npy
common=(--cbase 64 --cmax 8 --latent-dim 8 --batch 4 --mbstd-group 2 --threads 1 --kimg 0.008
  --tick 0.004 --snap 0)
check() {  # configuration, option of sgan-map...
  local model
  model=$(ls run/0*/network-snapshot-*.sgan)
  sgan-z -n 2 -m "$model" | sgan-map -m "$model" "${@:2}" |
    sgan-synth -m "$model" --format npy | bytes 128 | grep -ao "'shape': ([^)]*)" | sed "s/^/$1 /"
  sgan-train --continue run/0* --kimg 0.012 --threads 1 2> /dev/null || echo "status $?"
  rm -rf run
}
configs=(progan stylegan1-f stylegan2-d stylegan2-e stylegan3-t)
for config in "${configs[@]}"; do
  sgan-train --data grey.npy --outdir run --config "$config" "${common[@]}" 2> /dev/null
  check "$config"
done

if [ ! -e "$(dirname "$(command -v sgan-train)")/../lib/libsgan-image.so" ]; then
  sed 1,5d "$CLI/cases/train-kinds.out"  # built without pictures: nothing to see
  sed '/^$/d' "$CLI/cases/train-kinds.err" >&2
  rm -rf rgb.npy grey.npy
  exit 0
fi
mkdir folder
random-model stylegan2 1 '{"img_resolution": 16, "channel_base": 512, "channel_max": 32}' > model.sgan
sgan-z -n 8 -m model.sgan | sgan-map -m model.sgan | sgan-synth -m model.sgan -o folder/%d.png
labels() { printf '{"labels": [%s]}' "$1" > folder/dataset.json; }
all='["0.png", 0], ["1.png", 1], ["2.png", 2], ["3.png", 0], ["4.png", 1], ["5.png", 2], ["6.png", 0], ["7.png", 1]'
labels "$all"
for config in "${configs[@]}"; do
  sgan-train --data folder --cond --outdir run --config "$config" "${common[@]}" 2> /dev/null
  check "$config" --class 1
done
try() { sgan-train --data folder --cond --outdir run --config stylegan2-e "${common[@]}" || echo "status $?" >&2; }
labels "$all, [\"nope.png\", 1]"
try
labels "${all%,*,*}"
try
labels "$all"
random-model stylegan2 1 '{"img_resolution": 32, "channel_base": 512, "channel_max": 32}' > model.sgan
sgan-z -n 1 -m model.sgan | sgan-map -m model.sgan | sgan-synth -m model.sgan -o folder/3.png
try
rm -rf rgb.npy grey.npy folder model.sgan run
