// Ranks with a GPU each, which NCCL connects; MPI carries everything else between them.
#pragma once

#include <memory>

#include "lib/dist/mpi_communicator.hpp"

namespace sgan::dist {

// With NCCL where every rank can load it and has a GPU of its own, else through the host's memory;
// describe() says which, and why.
std::unique_ptr<Communicator> make_nccl_or_staged(const SganMpi& mpi, rt::Device device,
                                                  double timeout, OnLoss on_loss);

}  // namespace sgan::dist
