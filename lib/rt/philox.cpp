#include "lib/rt/philox.hpp"

#include "kernels/philox.inl"
#include "lib/rt/launch.hpp"

namespace sgan::rt {

void fill_normal(const Tensor& out, uint64_t seed, uint64_t stream, uint64_t first) {
  if (out.numel() == 0) return;
  launch(out.device(), kernels::philox_blocks(first, out.numel()),
         kernels::PhiloxNormal{out.data<float>(), seed, stream, first, out.numel()});
}

}  // namespace sgan::rt
