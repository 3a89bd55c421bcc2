// Processes that train one model together: one communicator, over nothing (one process), MPI (CPU
// tensors) or NCCL (GPU tensors).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "lib/rt/tensor.hpp"

namespace sgan::dist {

class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Starts averaging over all ranks, in place; done after wait(). Calls come in the same order on
  // all ranks. Throws Error that names the rank that is gone.
  virtual void average(const rt::Tensor& t) = 0;
  virtual void wait() = 0;
  virtual void sum(std::span<double> values) = 0;  // over all ranks, in place, at once
  virtual void broadcast(const rt::Tensor& t, int root) = 0;
  virtual void broadcast(std::string& text, int root) = 0;
  virtual void barrier() = 0;
  bool first() const { return rank() == 0; }
};

// One process, or as many as the launcher (mpirun) started; `device` decides between MPI and NCCL.
// Throws Error when this build cannot do what the launcher asks.
std::unique_ptr<Communicator> make_communicator(rt::Device device, double timeout_seconds = 300);

}  // namespace sgan::dist
