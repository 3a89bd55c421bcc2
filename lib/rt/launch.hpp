// The only place where the device decides what runs.
#pragma once

#include <stdexcept>

#include "kernels/launch.hpp"
#include "lib/rt/device.hpp"
#include "lib/rt/error.hpp"

namespace sgan::rt {

// Runs body, which queues kernels, and turns what it throws into Error: the kernels know nothing of
// it.
template <class Body>
void translate_launch_errors(const Body& body) {
  try {
    body();
  } catch (const Error&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw Error(e.what());
  }
}

// Runs the kernel f(i) for i in [0, n) on the device: at once on the CPU, queued on CUDA, not at
// all on meta.
template <class F>
void launch(Device device, int64_t n, const F& f) {
  switch (device.kind) {
    case DeviceKind::cpu:
      return kernels::launch_cpu(n, f);
    case DeviceKind::cuda:
#if defined(SGAN_CUDA)
      return translate_launch_errors([&] { kernels::launch_cuda(n, f, stream_of(device)); });
#else
      fail("this build has no CUDA");
#endif
    case DeviceKind::meta:
      return;
  }
}

}  // namespace sgan::rt
