#include "lib/dist/launcher.hpp"

#include <cstdlib>
#include <initializer_list>

namespace sgan::dist {
namespace {

// The first of the variables that holds a number.
int number(std::initializer_list<const char*> names, int otherwise) {
  for (const char* name : names) {
    const char* text = std::getenv(name);
    if (!text || !*text) continue;
    char* end = nullptr;
    const long value = std::strtol(text, &end, 10);
    if (*end == 0 && value >= 0 && value < 1 << 24) return int(value);
  }
  return otherwise;
}

}  // namespace

Launch launched() {
  Launch launch;
  launch.size = number({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"}, 0);
  if (launch.size == 0) {  // srun sets SLURM_NTASKS for the batch script as well, but no PMIX_RANK
    launch.size = std::getenv("PMIX_RANK") ? number({"SLURM_NTASKS"}, 1) : 1;
  }
  launch.local_rank = number({"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID",
                              "MV2_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"},
                             0);
  return launch;
}

}  // namespace sgan::dist
