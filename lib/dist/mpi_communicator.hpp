// Ranks that MPI connects. Tensors on a GPU travel through the host's memory.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "lib/dist/communicator.hpp"
#include "lib/dist/mpi/entry.hpp"
#include "lib/dist/watchdog.hpp"

namespace sgan::dist {

// Loads libsgan-mpi. Throws Error when that or MPI's own library is not there.
const SganMpi& load_mpi();

class MpiCommunicator : public Communicator {
 public:
  MpiCommunicator(const SganMpi& mpi, double timeout, OnLoss on_loss);
  ~MpiCommunicator() override;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void average(const rt::Tensor& t, uint32_t tag) override;
  void wait() override;
  void sum(std::span<double> values) override;
  void broadcast(const rt::Tensor& t, int root) override;
  void broadcast(std::string& text, int root) override;
  void barrier() override;
  std::string describe() const override;

 protected:
  enum class Kind : uint8_t {
    average,
    sum,
    broadcast,
    text,
    barrier,
    device_average,
    device_broadcast
  };
  struct Exchange;
  // A call of this rank, to be compared with the other ranks'. Those of a `device_` kind only are.
  Exchange& begin(Kind kind, uint32_t root_or_tag, rt::DType type, int64_t count);
  bool progress();  // true when something moved
  void finish_all();
  uint32_t checked(int root) const;  // throws Error when there is no such rank
  bool broken() const { return broken_; }

  Watchdog& watchdog() { return watchdog_; }
  std::string how_ = "MPI";  // for describe()

 private:
  void check_ranks();  // throws Error when one is lost
  void start_data(Exchange& exchange);
  void compare(const Exchange& exchange) const;
  void complete(Exchange& exchange);
  bool test(void** request);
  [[noreturn]] void failed(const std::string& reason);

  const SganMpi& mpi_;
  const double timeout_;
  int rank_ = 0, size_ = 1;
  int64_t count_ = 0;
  std::deque<std::unique_ptr<Exchange>> queue_;
  bool broken_ = false;
  // `start` is called before the watchdog is made, which needs the rank.
  struct Start {
    Start(const SganMpi& mpi, int* rank, int* size);
  } start_;
  Watchdog watchdog_;
};

}  // namespace sgan::dist
