#include "cmd/ranks.hpp"

#include <cstdlib>

#include "lib/dist/launcher.hpp"

namespace sgan::cli {

rt::Device rank_device(const Args& args) {
  const rt::Device device = args.device();
  const int local = dist::launched().local_rank, gpus = rt::cuda_device_count();
  const bool named = args.text("device", "").starts_with("cuda:");
  // Launchers may show each process a GPU of its own, which then is the only one.
  if (!device.is_cuda() || named || gpus == 1) return device;
  check(local < gpus, "process ", local + 1, " of this machine, which has ", gpus, " GPUs");
  return rt::parse_device(cat("cuda:", local));
}

std::unique_ptr<dist::Communicator> join_ranks(const Args& args, rt::Device device) {
  return dist::make_communicator(device, 300, [&args](const std::string& lost) {
    args.say(lost);
    std::_Exit(kFailed);
  });
}

}  // namespace sgan::cli
