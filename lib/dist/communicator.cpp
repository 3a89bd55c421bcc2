#include "lib/dist/communicator.hpp"

#include "lib/dist/launcher.hpp"
#include "lib/dist/mpi_communicator.hpp"
#include "lib/dist/nccl_communicator.hpp"

namespace sgan::dist {
namespace {

// One process: everything is what it is already.
class LocalCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void average(const rt::Tensor&, uint32_t) override {}
  void wait() override {}
  void sum(std::span<double>) override {}
  void broadcast(const rt::Tensor&, int root) override { check_root(root); }
  void broadcast(std::string&, int root) override { check_root(root); }
  void barrier() override {}
  std::string describe() const override { return "one process"; }

 private:
  static void check_root(int root) { check(root == 0, "there is no rank ", root, " among 1"); }
};

}  // namespace

std::unique_ptr<Communicator> make_communicator(rt::Device device, double timeout_seconds,
                                                OnLoss on_loss) {
  if (launched().size == 1) return std::make_unique<LocalCommunicator>();
  check(timeout_seconds > 0, "the timeout of ranks must be more than 0 s");
  const SganMpi& mpi = load_mpi();
  if (device.is_cuda())
    return make_nccl_or_staged(mpi, device, timeout_seconds, std::move(on_loss));
  return std::make_unique<MpiCommunicator>(mpi, timeout_seconds, std::move(on_loss));
}

}  // namespace sgan::dist
