# Equivariance and spectra do not depend on how many processes share the samples.
. "$CLI/common.sh"
cd "$TMPDIR"
if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$(command -v sgan-eq)")/../lib/libsgan-mpi.so" ]; then
  exit 77  # built without MPI
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
sgan-eq -m "$(model3 1)" --n 10 > one
mpirun -n 3 sgan-eq -m "$(model3 1)" --n 10 2> /dev/null | cmp - one
sgan-spectra -m "$(model 1)" --n 10 --batch 2 --mean 100 --std 50 > one
mpirun -n 2 sgan-spectra -m "$(model 1)" --n 10 --batch 2 --mean 100 --std 50 2> /dev/null | cmp - one
sgan-spectra -m "$(model 1)" --n 3 --batch 2 --mean 100 --std 50 --checkpoint part > /dev/null
mpirun -n 3 sgan-spectra -m "$(model 1)" --n 10 --batch 2 --mean 100 --std 50 --checkpoint part \
  2> /dev/null | cmp - one
sgan-spectra -m "$(model 1)" --n 10 --batch 2 --mean 100 --std 50 --checkpoint part | cmp - one
sgan-z --dim 8 -n 2 | sgan-map -m "$(model 1)" | sgan-synth -m "$(model 1)" --format stream > pictures
mpirun -n 2 sgan-spectra - --mean 100 --std 50 < pictures > out 2> said && no || :
[ ! -s out ]
grep -c 'cannot be divided among processes' said > /dev/null
