#include "lib/dist/mpi_communicator.hpp"

#include <dlfcn.h>

#include <array>
#include <chrono>
#include <exception>
#include <thread>

namespace sgan::dist {
namespace {

using rt::DType;
using rt::Tensor;

constexpr size_t kRoom = 512;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What a rank calls, in two numbers that are compared between ranks.
using Signature = std::array<int64_t, 2>;

std::string name_of(const Signature& s) {
  static constexpr const char* kinds[] = {"an average", "a sum",      "a broadcast", "a text",
                                          "a barrier",  "an average", "a broadcast"};
  const auto kind = size_t(s[0] >> 48 & 7);
  if (kind == 4 || kind == 3) return kinds[kind];
  std::string text = cat(kinds[kind], " of ", s[1], " ", rt::name_of(DType(s[0] >> 32 & 255)));
  if (kind == 2 || kind == 6) text += cat(" from rank ", int32_t(s[0]));
  return text;
}

}  // namespace

const SganMpi& load_mpi() {
  static const SganMpi* const loaded = [] {
    constexpr const char* kName = "libsgan-mpi.so.0";
    void* handle = nullptr;
    Dl_info self{};
    // Next to this library first, then wherever the system looks.
    if (dladdr(reinterpret_cast<void*>(&load_mpi), &self) && self.dli_fname) {
      const std::string path = self.dli_fname;
      const size_t slash = path.rfind('/');
      if (slash != std::string::npos) {
        handle = dlopen((path.substr(0, slash + 1) + kName).c_str(), RTLD_NOW | RTLD_LOCAL);
      }
    }
    std::string why;
    if (!handle) {
      if (const char* text = dlerror()) why = text;
      handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
    }
    check(handle != nullptr,
          "started by a launcher with other processes, but libsgan-mpi cannot be loaded (", why,
          "); install the package sgan-mpi, or MPI and build with -DSGAN_MPI=ON, or start one "
          "process without a launcher");
    auto* entry = reinterpret_cast<SganMpiEntry*>(dlsym(handle, SGAN_MPI_ENTRY));
    const SganMpi* functions = entry ? entry(kSganMpiVersion) : nullptr;
    check(functions != nullptr, kName, " belongs to another version of sgan");
    return functions;
  }();
  return *loaded;
}

struct MpiCommunicator::Exchange {
  int64_t number = 0;
  Signature mine{};
  std::vector<Signature> all;
  void* gathering = nullptr;
  void* moving = nullptr;
  enum { comparing, ready, started, done } state = comparing;
  Kind kind = Kind::barrier;
  int root = 0;
  Tensor target;                // what the caller has
  Tensor data;                  // what travels: target itself, or a copy of it
  std::span<double> values;     // of a sum
  std::string* text = nullptr;  // of a broadcast
};

MpiCommunicator::Start::Start(const SganMpi& mpi, int* rank, int* size) {
  char message[kRoom] = "";
  if (mpi.start(rank, size, message, kRoom) != 0) throw Error(message);
}

MpiCommunicator::MpiCommunicator(const SganMpi& mpi, double timeout, OnLoss on_loss)
    : mpi_(mpi),
      timeout_(timeout),
      start_(mpi, &rank_, &size_),
      watchdog_(rank_, size_, timeout, std::move(on_loss)) {
  std::string address;
  if (rank_ == 0) address = watchdog_.listen();
  broadcast(address, 0);
  if (rank_ != 0) watchdog_.connect(address);
  barrier();
}

MpiCommunicator::~MpiCommunicator() {
  // A rank that leaves with an error does not wait for the others; its closed connection tells
  // them.
  if (broken_ || std::uncaught_exceptions() > 0 || !queue_.empty()) return;
  try {
    barrier();
    watchdog_.goodbye();
    mpi_.finish();
  } catch (...) {
  }
}

std::string MpiCommunicator::describe() const {
  return cat("rank ", rank_, " of ", size_, ", ", how_);
}

void MpiCommunicator::failed(const std::string& reason) {
  broken_ = true;
  // An engine often notices a death before the watchdog, but cannot say whose it was.
  for (int i = 0; i < 100; ++i) {
    const std::string lost = watchdog_.lost();
    if (!lost.empty()) throw Error(lost);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  fail("rank ", rank_, " of ", size_, ": ", reason);
}

void MpiCommunicator::check_ranks() {
  const std::string lost = watchdog_.lost();
  if (lost.empty()) return;
  broken_ = true;
  throw Error(lost);
}

uint32_t MpiCommunicator::checked(int root) const {
  check(root >= 0 && root < size_, "there is no rank ", root, " among ", size_);
  return uint32_t(root);
}

MpiCommunicator::Exchange& MpiCommunicator::begin(Kind kind, uint32_t root_or_tag, DType type,
                                                  int64_t count) {
  check(!broken_, "rank ", rank_, ": no exchange is possible after an error");
  check_ranks();
  auto exchange = std::make_unique<Exchange>();
  Exchange& e = *exchange;
  e.number = ++count_;
  e.kind = kind;
  e.root = int(root_or_tag);
  e.mine = {int64_t(kind) << 48 | int64_t(type) << 32 | int64_t(root_or_tag), count};
  e.all.resize(size_t(size_));
  watchdog_.reached(e.number);
  char message[kRoom] = "";
  if (mpi_.gather(&e.mine, e.all.data(), sizeof e.mine, &e.gathering, message, kRoom) != 0) {
    failed(message);
  }
  queue_.push_back(std::move(exchange));
  return e;
}

void MpiCommunicator::compare(const Exchange& e) const {
  for (size_t rank = 0; rank < e.all.size(); ++rank) {
    const bool tags = e.all[rank] != e.all[0] && e.all[rank][1] == e.all[0][1] &&
                      (e.all[rank][0] ^ e.all[0][0]) >> 32 == 0 &&
                      (e.kind == Kind::average || e.kind == Kind::device_average);
    check(!tags, "ranks differ: rank ", rank,
          " came with an average of other tensors than rank 0 (exchange ", e.number, ")");
    check(e.all[rank] == e.all[0], "ranks differ: rank ", rank, " came with ", name_of(e.all[rank]),
          ", rank 0 with ", name_of(e.all[0]), " (exchange ", e.number, ")");
  }
}

bool MpiCommunicator::test(void** request) {
  int done = 0;
  char message[kRoom] = "";
  if (mpi_.test(request, &done, message, kRoom) != 0) failed(message);
  return done != 0;
}

void MpiCommunicator::start_data(Exchange& e) {
  char message[kRoom] = "";
  int status = 0;
  if (e.kind == Kind::average) {
    const int type = e.data.dtype() == DType::f64 ? SGAN_MPI_DOUBLE : SGAN_MPI_FLOAT;
    status = mpi_.sum(e.data.bytes_data(), e.data.numel(), type, &e.moving, message, kRoom);
  } else if (e.kind == Kind::sum) {
    status = mpi_.sum(e.values.data(), int64_t(e.values.size()), SGAN_MPI_DOUBLE, &e.moving,
                      message, kRoom);
  } else if (e.kind == Kind::broadcast) {
    status = mpi_.broadcast(e.data.bytes_data(), int64_t(e.data.bytes()), e.root, &e.moving,
                            message, kRoom);
  } else if (e.kind == Kind::text) {
    status =
        mpi_.broadcast(e.text->data(), int64_t(e.text->size()), e.root, &e.moving, message, kRoom);
  } else {
    e.state = Exchange::done;
    return;
  }
  if (status != 0) failed(message);
  e.state = Exchange::started;
}

void MpiCommunicator::complete(Exchange& e) {
  if (e.kind == Kind::average) {
    if (e.data.dtype() == DType::f64) {
      for (double& v : e.data.span<double>()) v /= size_;
    } else {
      for (float& v : e.data.span<float>()) v /= float(size_);
    }
  }
  if (!e.target.defined() || (e.kind == Kind::broadcast && e.root == rank_)) return;
  if (e.target.bytes_data() != e.data.bytes_data()) e.target.copy_from(e.data.to(e.target.dtype()));
  e.target.storage().drop_derived();
}

// Data moves in the order of the calls, which is the same everywhere; the comparisons before it go
// on a channel of their own, so that no rank waits for another one in average().
bool MpiCommunicator::progress() {
  bool moved = false, in_order = true;
  for (const auto& exchange : queue_) {
    Exchange& e = *exchange;
    if (e.state == Exchange::comparing && test(&e.gathering)) {
      try {
        compare(e);
      } catch (...) {
        broken_ = true;
        throw;
      }
      e.state = Exchange::ready;
      moved = true;
    }
    if (e.state == Exchange::ready && in_order) {
      start_data(e);
      moved = true;
    }
    if (e.state == Exchange::started && test(&e.moving)) {
      e.state = Exchange::done;
      moved = true;
    }
    in_order = in_order && e.state > Exchange::ready;
  }
  while (!queue_.empty() && queue_.front()->state == Exchange::done) {
    complete(*queue_.front());
    queue_.pop_front();
  }
  return moved;
}

void MpiCommunicator::finish_all() {
  const double since = seconds();
  for (int idle = 0; !queue_.empty();) {
    if (progress()) {
      idle = 0;
      continue;
    }
    check_ranks();
    if (seconds() - since > timeout_) {
      broken_ = true;
      const int64_t number = queue_.front()->number;
      const std::string behind = watchdog_.behind(number);
      fail("rank ", rank_, " of ", size_, ": exchange ", number, " was not done after ", timeout_,
           " s; ",
           behind.empty() ? std::string(rank_ == 0 ? "all ranks have begun it"
                                                   : "rank 0 says who did not come")
                          : behind + " did not come to it");
    }
    // The network is asked often at first, and then rarely enough to leave the processor to others.
    if (++idle > 200)
      std::this_thread::sleep_for(std::chrono::microseconds(idle > 2000 ? 500 : 50));
  }
}

void MpiCommunicator::average(const Tensor& t, uint32_t tag) {
  if (t.device().is_meta()) return;
  check(rt::is_floating(t.dtype()), "an average over ranks needs floating numbers, not ",
        rt::name_of(t.dtype()));
  Exchange& e = begin(Kind::average, tag, t.dtype(), t.numel());
  e.target = t;
  e.data = t.to(rt::cpu);
  if (e.data.dtype() != DType::f64) e.data = e.data.to(DType::f32);
  progress();
}

void MpiCommunicator::wait() { finish_all(); }

void MpiCommunicator::sum(std::span<double> values) {
  begin(Kind::sum, 0, DType::f64, int64_t(values.size())).values = values;
  finish_all();
}

void MpiCommunicator::broadcast(const Tensor& t, int root) {
  if (t.device().is_meta()) return;
  Exchange& e = begin(Kind::broadcast, checked(root), t.dtype(), t.numel());
  e.target = t;
  e.data = t.to(rt::cpu);
  finish_all();
}

void MpiCommunicator::broadcast(std::string& text, int root) {
  int64_t size = int64_t(text.size());
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  begin(Kind::text, checked(root), DType::u8, 0).text = &bytes;
  finish_all();
  std::memcpy(&size, bytes.data(), sizeof size);
  text.resize(size_t(size));
  begin(Kind::text, checked(root), DType::u8, size).text = &text;
  finish_all();
}

void MpiCommunicator::barrier() {
  begin(Kind::barrier, 0, DType::u8, 0);
  finish_all();
}

}  // namespace sgan::dist
