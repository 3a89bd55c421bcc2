# Growing networks: stopped by SIGTERM while a level fades in, a run goes on as if it had not been,
# bit for bit; one that diverges later keeps its last sound snapshot.
. "$CLI/train.sh"
pictures 12 data.npy
growth() {  # learning rates
  echo '{"initial_resolution": 8, "train_kimg": 0.008, "fade_kimg": 0.16, "lr_rampup_kimg": 0,
    "minibatch_repeats": 3, "one_device": {"minibatch_base": 4, "minibatch": {"32": 2},
    "max_per_device": {}, "lr_base": 0.002, "lr": '"$1"'}}'
}
common=(--data data.npy --cbase 64 --cmax 8 --latent-dim 8 --batch 4 --mbstd-group 2 --threads 1
  --tick 0.004 --snap 0)
for config in progan stylegan1-f stylegan2-d; do
  train=(sgan-train "${common[@]}" --config $config --set "growth=$(growth '{"16": 0.003}')")
  "${train[@]}" --outdir whole --kimg 0.12 2> /dev/null
  "${train[@]}" --outdir parts --kimg 0.12 2> err &
  for _ in $(seq 3000); do grep -q 'tick 4' err && break; sleep 0.01; done
  kill -TERM $!
  wait $! || echo "status $?"
  sgan-train --continue parts/0* --threads 1 2> err
  [ "$(drawn whole/0*)" = "$(drawn parts/0*)" ] && echo "$config: the same pictures"
  rm -rf whole parts
done

sgan-train "${common[@]}" --config stylegan1-f --outdir lost --kimg 0.4 --snap 1 \
  --set "growth=$(growth '{"16": 1e30}')" 2> err || echo "status $?"
grep -c 'warning: no snapshot: weights or gradients are not finite; older files stay' err |
  sed 's/^[1-9].*/told/'
tail -n 1 err | sed 's/at [0-9.]* kimg/at N kimg/'
ls lost/0*/network-snapshot-*.sgan | wc -l
model=$(ls lost/0*/network-snapshot-*.sgan)
sgan-z -n 2 -m "$model" | sgan-map -m "$model" | sgan-synth -m "$model" --format npy --type f32 |
  tail -c +129 | od -An -v -f -w4 | grep -c nan || true
rm -rf lost data.npy err
