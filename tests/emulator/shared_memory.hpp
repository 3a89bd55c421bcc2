// Shared memory that knows who touched what: an index out of range, a read of what nobody wrote,
// and two threads meeting at one element without a barrier between them are all reported, whatever
// order the threads happen to run in.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace sgan::emulator {

// What a kernel did wrong.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class... Args>
[[noreturn]] void fault(const Args&... args) {
  std::ostringstream text;
  (text << ... << args);
  throw Fault(text.str());
}

// The bytes of one block's shared memory with their history since its start.
class SharedMemory {
 public:
  explicit SharedMemory(int64_t bytes)
      : data_(size_t(bytes + 15) / 16 + 1), history_(size_t(bytes)) {
    // 0xff.. is a NaN in every floating type.
    std::memset(data_.data(), 0xff, data_.size() * sizeof(data_[0]));
  }
  int64_t bytes() const { return int64_t(history_.size()); }
  char* at(int64_t offset) { return reinterpret_cast<char*>(data_.data()) + offset; }

  void next_epoch() { ++epoch_; }  // a barrier was passed

  void read(int64_t offset, int64_t size, int thread) {
    for (int64_t i = offset; i < offset + size; ++i) {
      Byte& b = history_[size_t(i)];
      if (b.writer < 0) fault("thread ", thread, " reads shared byte ", i, " that nobody wrote");
      if (b.written == epoch_ && b.writer != thread) {
        fault("thread ", thread, " reads shared byte ", i, " that thread ", b.writer,
              " writes without a barrier between");
      }
      if (b.read != epoch_) {
        b.read = epoch_;
        b.reader = thread;
      } else if (b.reader != thread) {
        b.reader = many;
      }
    }
  }

  void write(int64_t offset, int64_t size, int thread) {
    for (int64_t i = offset; i < offset + size; ++i) {
      Byte& b = history_[size_t(i)];
      if (b.written == epoch_ && b.writer != thread) {
        fault("threads ", b.writer, " and ", thread, " both write shared byte ", i,
              " without a barrier between");
      }
      if (b.read == epoch_ && b.reader != thread) {
        fault("thread ", thread, " writes shared byte ", i,
              " that another thread reads without a barrier between");
      }
      b.written = epoch_;
      b.writer = thread;
    }
  }

 private:
  static constexpr int many = -2;
  struct alignas(16) Unit {
    char bytes[16];
  };
  struct Byte {
    int written = -1, read = -1;  // epochs
    int writer = -1, reader = -1;
  };
  std::vector<Unit> data_;
  std::vector<Byte> history_;
  int epoch_ = 0;
};

// One thread's view of an array in shared memory.
template <class T>
class SharedArray {
 public:
  static_assert(std::is_trivially_copyable_v<T>);
  SharedArray(SharedMemory& memory, int thread, int64_t offset, int64_t count)
      : memory_(&memory), thread_(thread), offset_(offset), count_(count) {
    if (offset < 0 || count < 0 || offset % int64_t(alignof(T)) ||
        offset + count * int64_t(sizeof(T)) > memory.bytes()) {
      fault("a shared array of ", count, " x ", sizeof(T), " bytes at ", offset,
            " does not fit into ", memory.bytes());
    }
  }

  class Element {
   public:
    Element(const SharedArray& array, int64_t index) : array_(array), index_(index) {}
    operator T() const { return array_.load(index_); }
    const Element& operator=(T value) const {
      array_.store(index_, value);
      return *this;
    }
    const Element& operator=(const Element& other) const { return *this = T(other); }
    const Element& operator+=(T value) const { return *this = T(*this) + value; }

   private:
    const SharedArray& array_;
    int64_t index_;
  };

  Element operator[](int64_t index) const { return Element(*this, index); }

 private:
  friend class Element;
  int64_t place(int64_t index) const {
    if (index < 0 || index >= count_) {
      fault("thread ", thread_, " uses index ", index, " of a shared array of ", count_);
    }
    return offset_ + index * int64_t(sizeof(T));
  }
  T load(int64_t index) const {
    const int64_t at = place(index);
    memory_->read(at, sizeof(T), thread_);
    T value;
    std::memcpy(&value, memory_->at(at), sizeof value);
    return value;
  }
  void store(int64_t index, T value) const {
    const int64_t at = place(index);
    memory_->write(at, sizeof(T), thread_);
    std::memcpy(memory_->at(at), &value, sizeof value);
  }

  SharedMemory* memory_;
  int thread_;
  int64_t offset_, count_;
};

}  // namespace sgan::emulator
