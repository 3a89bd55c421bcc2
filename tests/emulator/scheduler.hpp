// Switches between the threads of a block, and knows what each of them waits for.
#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/block.hpp"
#include "tests/emulator/fiber.hpp"
#include "tests/emulator/shared_memory.hpp"

namespace sgan::emulator {

class Scheduler {
 public:
  Scheduler(int threads, uint64_t seed) : stacks_(size_t(threads)), random_(seed) {}

  std::mt19937_64& random() { return random_; }

  // Runs body(thread, memory) for every thread of one block.
  template <class Body>
  void run_block(int64_t index, int64_t shared_bytes, const Body& body) {
    memory_ = std::make_unique<SharedMemory>(shared_bytes);
    threads_.clear();
    threads_.resize(stacks_.size());
    for (int t = 0; t < int(stacks_.size()); ++t) {
      threads_[size_t(t)].fiber = std::make_unique<Fiber>(stacks_[size_t(t)], [this, &body, t] {
        try {
          if (!error_) body(t, *memory_);
        } catch (const Abandoned&) {
        } catch (...) {
          if (!error_) error_ = std::current_exception();
        }
        threads_[size_t(t)].state = State::finished;
      });
    }
    std::vector<int> order(threads_.size());
    std::iota(order.begin(), order.end(), 0);
    for (;;) {
      std::shuffle(order.begin(), order.end(), random_);
      for (int t : order) {
        if (threads_[size_t(t)].state == State::runnable) threads_[size_t(t)].fiber->resume();
        if (error_) stop(index);
      }
      try {
        if (!release()) break;
      } catch (...) {
        error_ = std::current_exception();
        stop(index);
      }
    }
  }

  void barrier(int thread, int line) { wait(thread, State::at_barrier, line); }

  uint64_t exchange(int thread, uint64_t bits, int delta, int line) {
    Thread& self = threads_[size_t(thread)];
    self.value = bits;
    const int lane = thread % kernels::warp_size, from = lane + delta;
    self.source = from < kernels::warp_size ? thread + delta : thread;  // past the end: one's own
    wait(thread, State::at_shuffle, line);
    return self.value;
  }

 private:
  enum class State { runnable, at_barrier, at_shuffle, finished };
  struct Abandoned {};
  struct Thread {
    std::unique_ptr<Fiber> fiber;
    State state = State::runnable;
    int line = 0, source = 0;
    uint64_t value = 0;
  };

  void wait(int thread, State state, int line) {
    Thread& self = threads_[size_t(thread)];
    self.state = state;
    self.line = line;
    self.fiber->yield();
    if (error_) throw Abandoned{};
  }

  // Lets the waiting threads go on. False when all have finished. Throws Fault when they wait for
  // something that can never come.
  bool release() {
    bool moved = false;
    for (size_t first = 0; first < threads_.size(); first += kernels::warp_size) {
      moved |= release_warp(first);
    }
    if (moved) return true;
    const Thread& model = threads_[0];
    for (size_t t = 0; t < threads_.size(); ++t) {
      if (threads_[t].state != model.state || threads_[t].line != model.line) {
        fault("divergent barrier: thread 0 ", where(model), " while thread ", t, " ",
              where(threads_[t]));
      }
    }
    if (model.state == State::finished) return false;
    for (Thread& t : threads_) {
      t.state = State::runnable;
      t.line = 0;
    }
    memory_->next_epoch();
    return true;
  }

  bool release_warp(size_t first) {
    const auto lanes = threads_.begin() + long(first);
    int shuffling = 0;
    for (int l = 0; l < kernels::warp_size; ++l) shuffling += lanes[l].state == State::at_shuffle;
    if (shuffling == 0) return false;
    for (int l = 0; l < kernels::warp_size; ++l) {
      if (shuffling < kernels::warp_size || lanes[l].line != lanes[0].line) {
        fault("divergent shuffle in warp ", first / kernels::warp_size, ": only ", shuffling,
              " lanes take part, or not in one place; lane ", l, " ", where(lanes[l]));
      }
    }
    uint64_t received[kernels::warp_size];
    for (int l = 0; l < kernels::warp_size; ++l) {
      received[l] = threads_[size_t(lanes[l].source)].value;
    }
    for (int l = 0; l < kernels::warp_size; ++l) {
      lanes[l].value = received[l];
      lanes[l].state = State::runnable;
      lanes[l].line = 0;
    }
    return true;
  }

  static std::string where(const Thread& t) {
    if (t.state == State::finished) return "has finished";
    return (t.state == State::at_barrier ? "waits at the barrier of line " : "shuffles in line ") +
           std::to_string(t.line);
  }

  // Unwinds every fiber, then throws what went wrong.
  [[noreturn]] void stop(int64_t index) {
    for (Thread& t : threads_) {
      if (t.state != State::finished) t.fiber->resume();
    }
    try {
      std::rethrow_exception(error_);
    } catch (const Fault& f) {
      fault("block ", index, ": ", f.what());
    }
  }

  std::vector<Stack> stacks_;
  std::mt19937_64 random_;
  std::unique_ptr<SharedMemory> memory_;
  std::vector<Thread> threads_;
  std::exception_ptr error_;
};

}  // namespace sgan::emulator
