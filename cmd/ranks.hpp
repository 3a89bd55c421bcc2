// Processes that a launcher (mpirun) started to work together.
#pragma once

#include <memory>

#include "cmd/cli.hpp"
#include "lib/dist/communicator.hpp"

namespace sgan::cli {

// The device of this process: those of one machine share its GPUs out among themselves, unless the
// user names one. Throws Error where there are more processes than GPUs.
rt::Device rank_device(const Args& args);

// Meets the others. A rank that is lost later on is said, and ends this process.
std::unique_ptr<dist::Communicator> join_ranks(const Args& args, rt::Device device);

}  // namespace sgan::cli
