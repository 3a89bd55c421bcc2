# A picture that cannot be read when its turn comes ends the run, with what it has learnt.
. "$CLI/data.sh"
folder pictures 64
head -c 100 pictures/9.ppm > cut
mv cut pictures/9.ppm
small=(--config stylegan2-e --cbase 64 --cmax 8 --latent-dim 8 --map-depth 1 --batch 4 --threads 1)
sgan-train --data pictures --outdir run "${small[@]}" --kimg 1 --snap 0 2> err || echo "status $?"
tail -n 1 err | cut -c 1-39
tail -n 1 run/0*/log.txt | cut -c 1-27
ls run/0*/training-state.sgan
# Once it is mended, the run goes on as if nothing had been.
ppm 8 8 '\x09\x20\x30' > pictures/9.ppm
drawn() {
  local model
  model=$(ls "$1"/network-snapshot-*.sgan | tail -n 1)
  sgan-z --seeds 0-3 -m "$model" | sgan-map -m "$model" | sgan-synth -m "$model" --format npy | sha256sum
}
sgan-train --data pictures --outdir whole "${small[@]}" --kimg 0.12 --snap 0 2> /dev/null
sgan-train --continue run/0* --kimg 0.12 --threads 1 2> /dev/null
[ "$(drawn whole/0*)" = "$(drawn run/0*)" ] && echo "the same pictures"
rm -rf pictures run whole err
