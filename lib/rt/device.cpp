#include "lib/rt/device.hpp"

#include <charconv>

#include "kernels/parallel.hpp"
#include "lib/rt/cuda.hpp"
#include "lib/rt/error.hpp"
#include "lib/rt/memory.hpp"

namespace sgan::rt {

std::string Device::str() const {
  switch (kind) {
    case DeviceKind::cpu:
      return "cpu";
    case DeviceKind::cuda:
      return cat("cuda:", index);
    case DeviceKind::meta:
      return "meta";
  }
  return "?";
}

bool built_with_cuda() {
#if defined(SGAN_CUDA)
  return true;
#else
  return false;
#endif
}

int cuda_device_count() { return cuda::count(); }

Device parse_device(std::string_view text) {
  if (text == "cpu") return cpu;
  if (text == "auto") return cuda::count() > 0 ? Device{DeviceKind::cuda, 0} : cpu;
  if (text == "cuda" || text.starts_with("cuda:")) {
    int index = 0;
    if (text.size() > 4) {
      const std::string_view number = text.substr(5);
      const auto [end, bad] = std::from_chars(number.begin(), number.end(), index);
      check(bad == std::errc{} && end == number.end() && index >= 0, "device '", text,
            "' is not cuda:N with a number N");
    }
    check(built_with_cuda(), "device '", text, "': this build has no CUDA; use cpu");
    check(cuda::count() > 0, "device '", text, "': ", cuda::why_unusable());
    check(index < cuda::count(), "device '", text, "': there are only ", cuda::count(), " GPUs");
    return {DeviceKind::cuda, index};
  }
  fail("device '", text, "' is not one of auto, cpu, cuda, cuda:N");
}

std::string describe(Device device) {
  if (device.is_cuda()) return cuda::describe(device.index);
  return cat(device.str(), ", ", kernels::num_threads(), " threads, ",
             memory_available(device) >> 20, " MiB available");
}

void* stream_of(Device device) { return device.is_cuda() ? cuda::stream(device.index) : nullptr; }

void synchronize(Device device) {
  if (device.is_cuda()) cuda::synchronize(device.index);
}

}  // namespace sgan::rt
