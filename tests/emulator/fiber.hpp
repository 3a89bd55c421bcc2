// One emulated GPU thread: a Boost.Context fiber on a stack of its own, known to AddressSanitizer.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define SGAN_EMULATOR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SGAN_EMULATOR_ASAN 1
#endif
#endif
#if defined(SGAN_EMULATOR_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace sgan::emulator {

// Memory of a stack that outlives the fiber on it, so that it serves the next block's thread too.
class Stack {
 public:
#if defined(SGAN_EMULATOR_ASAN)
  static constexpr size_t size = 256 << 10;
#else
  static constexpr size_t size = 64 << 10;
#endif
  Stack() : memory_(new char[size]) {}
  char* bottom() const { return memory_.get(); }
  boost::context::stack_context context() const {
    boost::context::stack_context c;
    c.size = size;
    c.sp = bottom() + size;
    return c;
  }

 private:
  std::unique_ptr<char[]> memory_;
};

class Fiber {
 public:
  // `body` must not let an exception out; it calls yield() to go back to whoever called resume().
  Fiber(const Stack& stack, std::function<void()> body) : stack_(&stack), body_(std::move(body)) {
#if defined(SGAN_EMULATOR_ASAN)
    __asan_unpoison_memory_region(stack.bottom(), Stack::size);
#endif
    const boost::context::preallocated place(stack.context().sp, Stack::size, stack.context());
    fiber_ = boost::context::fiber(std::allocator_arg, place, KeepStack{},
                                   [this](boost::context::fiber&& caller) {
                                     caller_ = std::move(caller);
                                     entered();
                                     body_();
                                     finished_ = true;
                                     leaving(/*for_good=*/true);
                                     return std::move(caller_);
                                   });
  }

  bool finished() const { return finished_; }

  void resume() {
#if defined(SGAN_EMULATOR_ASAN)
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, stack_->bottom(), Stack::size);
#endif
    fiber_ = std::move(fiber_).resume();
#if defined(SGAN_EMULATOR_ASAN)
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  }

  // Called on the fiber.
  void yield() {
    leaving(/*for_good=*/false);
    caller_ = std::move(caller_).resume();
    entered();
  }

 private:
  struct KeepStack {
    boost::context::stack_context allocate() { return {}; }
    void deallocate(boost::context::stack_context&) {}
  };

  void entered() {
#if defined(SGAN_EMULATOR_ASAN)
    __sanitizer_finish_switch_fiber(fake_, &caller_bottom_, &caller_size_);
#endif
  }
  void leaving([[maybe_unused]] bool for_good) {
#if defined(SGAN_EMULATOR_ASAN)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_, caller_bottom_, caller_size_);
#endif
  }

  const Stack* stack_;
  std::function<void()> body_;
  boost::context::fiber fiber_, caller_;
  bool finished_ = false;
  [[maybe_unused]] void* fake_ = nullptr;
  [[maybe_unused]] const void* caller_bottom_ = nullptr;
  [[maybe_unused]] size_t caller_size_ = 0;
};

}  // namespace sgan::emulator
