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
rm -rf pictures run err
