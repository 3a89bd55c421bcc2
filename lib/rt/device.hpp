// Where a tensor lives and where work on it runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sgan::rt {

// `meta` has shapes and allocation sizes but no memory and no work: a dry run on it tells what a
// real run needs.
enum class DeviceKind : uint8_t { cpu, cuda, meta };

struct Device {
  DeviceKind kind = DeviceKind::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;
  bool is_cpu() const { return kind == DeviceKind::cpu; }
  bool is_cuda() const { return kind == DeviceKind::cuda; }
  bool is_meta() const { return kind == DeviceKind::meta; }
  std::string str() const;  // "cpu", "cuda:0", "meta"
};

inline constexpr Device cpu{DeviceKind::cpu, 0};
inline constexpr Device meta{DeviceKind::meta, 0};

// "auto", "cpu", "cuda" or "cuda:N"; auto is the first GPU that works, else the CPU.
// Throws Error when the text is not one of these or the GPU cannot be used (and says why).
Device parse_device(std::string_view text);

bool built_with_cuda();
int cuda_device_count();              // 0 without driver, GPU or CUDA build
std::string describe(Device device);  // name, memory: one line for -v

// The stream on which all work of a CUDA device is queued; null elsewhere.
void* stream_of(Device device);
// Waits until everything queued on the device is done; throws Error when any of it failed.
void synchronize(Device device);

}  // namespace sgan::rt
