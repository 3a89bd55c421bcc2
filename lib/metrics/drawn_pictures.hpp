// What a generator draws, as features see it.
#pragma once

#include "lib/metrics/samples.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::metrics {

struct Drawn {
  rt::Tensor z;         // [N, z_dim] on the CPU
  rt::Tensor w;         // [N, w_dim] on the device: what the first layer reads
  rt::Tensor pictures;  // [N, R, R, C] on the device: float32 of whole numbers 0..255
};

// The samples first, first + 1, ... Noise is drawn anew for each, as the official programs do when
// they compare distributions, and depends on the sample's number alone.
Drawn draw(const nets::Generator& net, const Samples& samples, double psi, rt::Device device,
           int64_t first, int64_t count);

// Bytes, or float32 nominally -1..1 (rounded to bytes as the official programs do), [N, H, W, C] on
// any device -> float32 of whole numbers 0..255 on `device`. Throws Error that numbers the picture,
// counted from `first`, which holds NaN or infinity.
rt::Tensor whole_numbers(const rt::Tensor& pictures, rt::Device device, int64_t first);

}  // namespace sgan::metrics
