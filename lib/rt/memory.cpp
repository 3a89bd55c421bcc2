#include "lib/rt/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/rt/arena.hpp"
#include "lib/rt/cuda.hpp"
#include "lib/rt/error.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SGAN_PLAIN_MALLOC 1  // so that the sanitizer sees every buffer's end
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SGAN_PLAIN_MALLOC 1
#endif

namespace sgan::rt {
namespace {

// A piece of memory of a device, divided by an arena.
struct Segment {
  char* base = nullptr;
  size_t size = 0;
  Arena arena{0};
};

size_t first_number(const char* path, std::string_view key) {
  std::ifstream file(path);
  std::string word;
  size_t value = 0;
  if (key.empty()) return file >> value ? value : 0;
  while (file >> word) {
    if (word == key && file >> value) return value;
  }
  return 0;
}

size_t physical_memory() { return size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE)); }

size_t cpu_memory_available() {
  size_t available = first_number("/proc/meminfo", "MemAvailable:") * 1024;
  if (available == 0) available = physical_memory();
  if (const size_t limit = first_number("/sys/fs/cgroup/memory.max", "")) {
    const size_t used = first_number("/sys/fs/cgroup/memory.current", "");
    const size_t reclaimable = first_number("/sys/fs/cgroup/memory.stat", "inactive_file");
    const size_t taken = used - std::min(used, reclaimable);
    available = std::min(available, limit - std::min(limit, taken));
  }
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    const size_t pages = first_number("/proc/self/statm", "");
    const size_t mapped = pages * size_t(sysconf(_SC_PAGESIZE));
    available =
        std::min<size_t>(available, space.rlim_cur - std::min<size_t>(space.rlim_cur, mapped));
  }
  return available;
}

bool address_space_limited() {
  rlimit space{};
  return getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
}

}  // namespace

class Pool {
 public:
  // `parent`: the device's common pool, which counts a private one's bytes as well.
  explicit Pool(Device device, Pool* parent = nullptr) : device_(device), parent_(parent) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    size_t given_back = 0;
    for (const Segment& s : segments_) {
      given_back += s.arena.high_water();
      if (device_.is_cuda()) cuda::release(s.base, device_.index);
      if (device_.is_cpu()) munmap(s.base, s.size);
    }
    if (parent_) parent_->account(0, 0, -int64_t(given_back));
  }

  Device device() const { return device_; }

  void* allocate(size_t bytes, size_t& offset) {
    std::lock_guard lock(mutex_);
    const size_t before = reserved();
    void* data = device_.is_meta() ? take_meta(bytes, offset) : take(bytes);
    const int64_t grown = int64_t(reserved()) - int64_t(before);
    count(bytes, 0, grown);
    if (parent_) parent_->account(bytes, 0, grown);
    return data;
  }

  void release(void* data, size_t offset, size_t bytes) {
    std::lock_guard lock(mutex_);
    count(0, bytes, 0);
    if (parent_) parent_->account(0, bytes, 0);
#if defined(SGAN_PLAIN_MALLOC)
    if (device_.is_cpu()) return std::free(data);
#endif
    if (device_.is_meta()) return segments_[0].arena.release(offset, bytes);
    for (Segment& segment : segments_) {
      const auto at = static_cast<char*>(data);
      if (at >= segment.base && at < segment.base + segment.size) {
        return segment.arena.release(size_t(at - segment.base), bytes);
      }
    }
  }

  MemoryStats stats() {
    std::lock_guard lock(mutex_);
    return stats_;
  }
  void reset_peak() {
    std::lock_guard lock(mutex_);
    stats_.peak = stats_.in_use;
  }
  void account(size_t taken, size_t freed, int64_t grown) {
    std::lock_guard lock(mutex_);
    count(taken, freed, grown);
  }

 private:
  void count(size_t taken, size_t freed, int64_t grown) {
    stats_.in_use += taken;
    stats_.in_use -= freed;
    stats_.peak = std::max(stats_.peak, stats_.in_use);
    stats_.reserved += size_t(grown);
  }

  void* take_meta(size_t bytes, size_t& offset) {
    if (segments_.empty()) segments_.push_back({nullptr, ~size_t{0} / 2, Arena(~size_t{0} / 2)});
    offset = segments_[0].arena.allocate(bytes);
    return nullptr;
  }

  void* take(size_t bytes) {
#if defined(SGAN_PLAIN_MALLOC)
    if (device_.is_cpu()) {
      void* data = std::aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
      if (!data) out_of_memory(bytes);
      return data;
    }
#endif
    for (Segment& segment : segments_) {
      const size_t before = segment.arena.high_water();
      const size_t offset = segment.arena.allocate(bytes);
      if (offset == Arena::npos) continue;
      const size_t grown = segment.arena.high_water() - before;
      if (device_.is_cpu() && grown > (size_t{1} << 26) && grown > cpu_memory_available()) {
        segment.arena.release(offset, bytes);
        out_of_memory(bytes);
      }
      return segment.base + offset;
    }
    add_segment(bytes);
    return take(bytes);
  }

  void add_segment(size_t bytes) {
    const size_t granule = device_.is_cpu() ? 64 : 256;
    size_t size = (bytes + granule - 1) / granule * granule;
    if (bytes > ~size_t{0} / 4) out_of_memory(bytes);
    char* base = nullptr;
    if (device_.is_cuda()) {
      size = std::max(size, size_t{64} << 20);
      base = static_cast<char*>(cuda::allocate(size, device_.index));
    } else {
      // Address space is free, pages are taken when touched: one segment serves the whole run,
      // unless the process's address space is limited.
      const size_t plenty = parent_ ? size_t{64} << 20 : physical_memory() * 2;
      const size_t wish = address_space_limited() ? size : std::max(size, plenty);
      for (size_t tried : {wish, size}) {
        tried = (tried + 0x1fffff) & ~size_t{0x1fffff};
        void* mapped = mmap(nullptr, tried, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) continue;
        madvise(mapped, tried, MADV_HUGEPAGE);
        base = static_cast<char*>(mapped);
        size = tried;
        break;
      }
    }
    if (!base) out_of_memory(bytes);
    segments_.push_back({base, size, Arena(size, granule)});
  }

  [[noreturn]] void out_of_memory(size_t bytes) {
    fail("out of memory: ", bytes, " bytes wanted on ", device_.str(), ", ", stats_.in_use,
         " in use, ", memory_available(device_),
         " available; use a smaller batch or picture, or fewer latents");
  }

  size_t reserved() const {
    size_t bytes = 0;
    for (const Segment& segment : segments_) bytes += segment.arena.high_water();
    return bytes;
  }

  Device device_;
  Pool* parent_;
  std::mutex mutex_;
  std::vector<Segment> segments_;
  MemoryStats stats_;
};

namespace {

const std::shared_ptr<Pool>& common_pool(Device device) {
  static std::mutex mutex;
  // Never destroyed: tensors in static objects may outlive any order of destruction.
  static auto& pools = *new std::map<std::pair<DeviceKind, int>, std::shared_ptr<Pool>>;
  std::lock_guard lock(mutex);
  auto& slot = pools[{device.kind, device.index}];
  if (!slot) slot = std::make_shared<Pool>(device);
  return slot;
}

thread_local std::shared_ptr<Pool> private_pool;

const std::shared_ptr<Pool>& current_pool(Device device) {
  return private_pool && private_pool->device() == device ? private_pool : common_pool(device);
}

}  // namespace

MemoryStats memory_stats(Device device) { return common_pool(device)->stats(); }
void reset_peak(Device device) { common_pool(device)->reset_peak(); }

PrivatePool::PrivatePool(Device device)
    : pool_(std::make_shared<Pool>(device, common_pool(device).get())) {}
PrivatePool::Use::Use(const PrivatePool& pool) : before_(std::exchange(private_pool, pool.pool_)) {}
PrivatePool::Use::~Use() { private_pool = std::move(before_); }

size_t resident_memory() { return first_number("/proc/self/status", "VmRSS:") * 1024; }

size_t memory_available(Device device) {
  if (device.is_cuda()) return cuda::memory_available(device.index);
  return device.is_meta() ? ~size_t{0} : cpu_memory_available();
}

Storage::Storage(size_t bytes, Device device)
    : pool_(current_pool(device)), bytes_(bytes), device_(device) {
  data_ = pool_->allocate(bytes, offset_);
}

Storage::~Storage() { pool_->release(data_, offset_, bytes_); }

void Storage::drop_derived() {
  std::lock_guard lock(derived_mutex_);
  derived_.clear();
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes) {
  if (bytes == 0 || to_device.is_meta() || from_device.is_meta()) return;
  if (to_device.is_cpu() && from_device.is_cpu()) {
    std::memcpy(to, from, bytes);
  } else if (to_device.is_cuda() && from_device.is_cuda()) {
    check(to_device == from_device, "copies between GPUs go through the host");
    cuda::copy(to, from, bytes, 2, to_device.index);
  } else if (to_device.is_cuda()) {
    cuda::copy(to, from, bytes, 0, to_device.index);
  } else {
    cuda::copy(to, from, bytes, 1, from_device.index);
  }
}

}  // namespace sgan::rt
