// Moving weights between the layouts of TensorFlow and PyTorch. Bits stay as they are.
#pragma once

#include "lib/rt/tensor.hpp"

namespace sgan::io {

rt::Tensor transposed(const rt::Tensor& weight);   // [in, out] -> [out, in]
rt::Tensor conv_weight(const rt::Tensor& weight);  // [kh, kw, in, out] -> [out, in, kh, kw]
rt::Tensor flipped(const rt::Tensor& weight);      // in the last two axes

}  // namespace sgan::io
