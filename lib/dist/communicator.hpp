// Processes that train one model together: one communicator, over nothing (one process), MPI (CPU
// tensors) or NCCL (GPU tensors).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "lib/rt/tensor.hpp"

namespace sgan::dist {

// All calls come in the same order on all ranks, from one thread, with tensors of the same size and
// type. Throws Error that names the rank which calls something else, is gone, or does not come
// within the timeout. After an Error the communicator is good for nothing but its destructor.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Starts averaging over all ranks, in place; done after wait(). Ranks that come with different
  // tags have mixed something up, and are told so.
  virtual void average(const rt::Tensor& t, uint32_t tag = 0) = 0;
  virtual void wait() = 0;
  virtual void sum(std::span<double> values) = 0;  // over all ranks, in place, at once
  virtual void broadcast(const rt::Tensor& t, int root) = 0;
  virtual void broadcast(std::string& text, int root) = 0;
  virtual void barrier() = 0;
  virtual std::string describe() const = 0;  // one line for -v
  bool first() const { return rank() == 0; }
};

// Called from a thread of its own when a rank is gone and this one, busy elsewhere, has not seen it
// for a moment. It should tell the user and end the process (std::_Exit): launchers end it by force
// about a second later. When it returns, the next call on the communicator throws.
using OnLoss = std::function<void(const std::string& message)>;

// One process, or as many as the launcher (mpirun) started; `device` decides between MPI and NCCL.
// Throws Error when this build cannot do what the launcher asks.
std::unique_ptr<Communicator> make_communicator(rt::Device device, double timeout_seconds = 300,
                                                OnLoss on_loss = {});

}  // namespace sgan::dist
