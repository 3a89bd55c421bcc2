# Two processes that share a batch equal one that has it all, to float rounding over 20 steps; one
# that is killed is named, the others stop, and the run goes on with another number of processes.
. "$CLI/train.sh"
if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$(command -v sgan-train)")/../lib/libsgan-mpi.so" ]; then
  cat "$CLI/cases/train-ranks.out"  # built without MPI: nothing to see
  exit 0
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
pictures 24 data.npy
# With everything that is drawn: noise, mixed styles, augmentation, and the statistics of groups.
# Path lengths are compared with the mean of a process's own pictures.
common=(--data data.npy "${small[@]}" --batch 8 --mbstd-group 4 --mix 0.9 --pl-weight 0
  --aug fixed --p 0.5 --snap 0 --tick 0.04)
sgan-train "${common[@]}" --outdir one --kimg 0.16 2> /dev/null
mpirun -n 2 sgan-train "${common[@]}" --outdir two --kimg 0.16 2> /dev/null
numbers() {
  local model
  model=$(ls "$1"/network-snapshot-*.sgan)
  sgan-z --seeds 0-3 -m "$model" | sgan-map -m "$model" |
    sgan-synth -m "$model" --format npy --type f32 | tail -c +129 | od -An -v -f -w4
}
agree() {  # tolerance; two columns
  awk -v tolerance="$1" '{ d = $1 - $2; difference += d * d; norm += $1 * $1 }
    END { r = sqrt(difference / norm)
      print NR, (r <= tolerance ? "numbers agree" : "numbers differ by " r) }'
}
paste <(numbers one/0*) <(numbers two/0*) | agree 1e-5
# What the discriminator thought, at every tick.
verdicts() { grep -oE '"Loss/[^}]*"mean":[-0-9.e]*' "$1"/stats.jsonl | sed 's/.*"mean"://'; }
paste <(verdicts one/0*) <(verdicts two/0*) | agree 1e-4

mpirun -n 2 sgan-train "${common[@]}" --outdir killed --kimg 1000 --snap 1 2> err &
launcher=$!
for _ in $(seq 600); do [ -e killed/0*/training-state.sgan ] && break; sleep 0.05; done
# The second process: the launcher started it last.
kill -9 "$(pgrep -P "$(pgrep -P $launcher -x mpirun || echo $launcher)" -x sgan-train | tail -n 1)"
wait $launcher || echo "stopped"
grep -oE 'rank 1[^:]* (is gone|died|ended)' err | lines 1 || true
sgan-train --continue killed/0* --kimg 0.001 --threads 1 2>&1 | grep -o 'goes on at'

# A signal that reaches one of them: both stop after the same step, and the state is saved.
mpirun -n 2 sgan-train "${common[@]}" --outdir signal --kimg 1000 2> err &
launcher=$!
for _ in $(seq 600); do grep -q 'tick 0' err && break; sleep 0.05; done
kill -INT "$(pgrep -P "$(pgrep -P $launcher -x mpirun || echo $launcher)" -x sgan-train | tail -n 1)"
wait $launcher || true
grep -o 'stopped; go on with: sgan-train --continue signal' err
[ -e signal/0*/training-state.sgan ] && echo "saved"
# One that reaches the launcher, of the kind that it hands on; saving takes a while.
large=(--data data.npy --config stylegan2-e --cbase 4096 --cmax 256 --batch 2 --mbstd-group 1 --threads 1)
mpirun -n 2 sgan-train "${large[@]}" --outdir handed --kimg 1000 --snap 0 --tick 100 2> err &
launcher=$!
for _ in $(seq 600); do grep -q 'tick 0' err && break; sleep 0.05; done
kill -USR1 "$(pgrep -P $launcher -x mpirun || echo $launcher)"
wait $launcher || true
[ -e handed/0*/training-state.sgan ] && echo "saved"
rm -rf one two killed signal handed data.npy err
