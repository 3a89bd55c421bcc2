# Processes divide the samples among themselves; the result is that of one, also when interrupted
# ones go on with another number.
. "$CLI/common.sh"
cd "$TMPDIR"
if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$(command -v sgan-ppl)")/../lib/libsgan-mpi.so" ]; then
  cat "$CLI/cases/measure-ranks.out"  # built without MPI: nothing to see
  exit 0
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
sgan-ppl --n 22 --batch 4 --json > one
for n in 2 3; do
  mpirun -n $n sgan-ppl --n 22 --batch 4 --json 2> /dev/null > many
  wc -l < many
  jq -n --slurpfile a one --slurpfile b many '$a[0].value == $b[0].value'
done
mpirun -n 2 sgan-ppl --n 22 --batch 4 --checkpoint part --json 2> /dev/null | jq .count
sgan-ppl --n 22 --batch 4 --checkpoint part --json | jq --slurpfile a one '.value == $a[0].value'
