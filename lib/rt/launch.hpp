// The only place where the device decides what runs.
#pragma once

#include <stdexcept>

#include "kernels/launch.hpp"
#include "lib/rt/device.hpp"
#include "lib/rt/error.hpp"

namespace sgan::rt {

// Runs the kernel f(i) for i in [0, n) on the device: at once on the CPU, queued on CUDA, not at
// all on meta.
template <class F>
void launch(Device device, int64_t n, const F& f) {
  switch (device.kind) {
    case DeviceKind::cpu:
      return kernels::launch_cpu(n, f);
    case DeviceKind::cuda:
#if defined(SGAN_CUDA)
      try {
        return kernels::launch_cuda(n, f, stream_of(device));
      } catch (const std::runtime_error& e) {  // the kernels know nothing of Error
        throw Error(e.what());
      }
#else
      fail("this build has no CUDA");
#endif
    case DeviceKind::meta:
      return;
  }
}

}  // namespace sgan::rt
