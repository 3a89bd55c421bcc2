// What the launcher (mpirun, srun) told this process in its environment.
#pragma once

namespace sgan::dist {

struct Launch {
  int size = 1;        // processes in all
  int local_rank = 0;  // number of this one on its machine: which GPU to take
};

// Open MPI, MPICH and Intel MPI (PMI), PMIx and Slurm's srun; {1, 0} without a launcher.
Launch launched();

}  // namespace sgan::dist
