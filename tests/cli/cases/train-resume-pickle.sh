# Networks of official pickles are taken over as they are, G as well as G_ema, and trained further.
. "$CLI/train.sh"
pictures 8 data.npy
draws() {  # file, network
  sgan-import --networks "$2" "$1" > one.sgan 2> /dev/null
  sgan-z --seeds 0-3 -m one.sgan | sgan-map -m one.sgan |
    sgan-synth -m one.sgan --format npy --type f32 | sha256sum
}
pickle=$GOLDEN/network-snapshot-stylegan3-t.pkl
train=(sgan-train --data data.npy --config stylegan3-t --cbase 256 --cmax 12 --latent-dim 16 --batch 4
  --threads 1 --resume "$pickle" --snap 0)
"${train[@]}" --outdir same --kimg 0 2> /dev/null
snapshot=$(ls same/0*/network-snapshot-000000.sgan)
for network in G G_ema; do
  [ "$(draws "$pickle" $network)" = "$(draws "$snapshot" $network)" ] && echo "the same $network"
done
"${train[@]}" --outdir further --kimg 0.008 2> /dev/null
[ "$(draws "$pickle" G)" != "$(draws further/0*/network-snapshot-*.sgan G)" ] && echo "trained further"
rm -rf same further data.npy one.sgan
