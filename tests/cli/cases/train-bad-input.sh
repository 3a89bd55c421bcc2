# What sgan-train says of input that it cannot train on.
. "$CLI/train.sh"
pictures 8 data.npy
# The data's hash hangs on how this machine rounds.
try() {
  local status=0
  sgan-train "$@" 2> "$TMPDIR/said" || status=$?
  sed -E 's/hash [0-9a-f]+/hash HASH/' "$TMPDIR/said" >&2
  [ $status = 0 ] || echo "status $status" >&2
}
run() { try --data data.npy --outdir runs "${small[@]}" --kimg 0.004 "$@"; }
try --outdir runs --config stylegan2-e
try --data data.npy --config stylegan2-e
try --data missing.zip --outdir runs --config stylegan2-e
mkdir empty
try --data empty --outdir runs --config stylegan2-e
head -c 5000 data.npy > short.npy
try --data short.npy --outdir runs --config stylegan2-e
try --data data.npy --outdir runs --config stylegan4
run --set learning_rate=1
run --set g_lr=fast
run --batch-gpu 3
run --mbstd-group 3
run --p 0.5
run --aug sometimes
run --gpus 3
run --cond
run --outdir data.npy
run --mirror=perhaps
# Pictures of a size that no network has; a zip that is cut off.
sed '1s/32, 32, 3), }/48, 48, 3), }/; 1s/(8, /(3, /' data.npy |
  bytes $((128 + 3 * 48 * 48 * 3)) > sizes.npy
try --data sizes.npy --outdir runs "${small[@]}"
{ printf 'PK\3\4'; head -c 500 /dev/zero; } > cut.zip
try --data cut.zip --outdir runs "${small[@]}"
ls runs 2> /dev/null || true
# Settings that nobody reads, that something else decides, and that make no sense.
refused() { run --dry-run "$@" 2>&1 | cut -c 1-120 >&2; }
refused --g-arg chanel_base=3
refused --d-arg mbstd=4
refused --g-arg 'mapping_kwargs={"num_layer": 1}'
refused --d-arg 'epilogue_kwargs={"mbstd_num_channel": 1}'
refused --g-arg mapping_kwargs=3
refused --g-arg c_dim=3
refused --d-arg 'epilogue_kwargs={"mbstd_group_size": 4}'
refused --set augment=often
refused --set adam_beta2=2
refused --set batch=8
refused --augpipe bg
refused --glr 1e30
refused --config stylegan1-f --glr 0.1
refused --config stylegan3-e --g-arg num_layers=3
refused --config progan --mix 0.5
refused --model data.npy
run --set 'growth={"train_kimg": 1, "fade": 1}'
sgan-import "$GOLDEN/network-snapshot-stylegan3-t.pkl" > three.sgan 2> /dev/null
run --resume three.sgan
run --resume data.npy
try --continue nowhere
try --continue nowhere --glr 0.1
try --continue nowhere --dry-run
mkdir run && echo nonsense > run/training-state.sgan
try --continue run
try --data data.npy --config stylegan2-e --dry-run > plan.json && grep -c '"r1_gamma"' plan.json >&2
rm -rf sizes.npy cut.zip data.npy short.npy empty three.sgan run plan.json runs
