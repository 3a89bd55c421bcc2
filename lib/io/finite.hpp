// Rows that hold NaN or infinity, or numbers that lead there.
#pragma once

#include "lib/rt/tensor.hpp"

namespace sgan::io {

// Index of the first row of float32 [N, ...], on any device, with a NaN or an infinity; -1 when
// there is none. Of a batch on a GPU one number a row is copied.
int64_t first_not_finite(const rt::Tensor& batch);

// Index of the first row of float32 [N, ...], on the CPU, whose sum of squares is beyond float32,
// so that what is normalised by it becomes zero; -1 when there is none.
int64_t first_square_overflow(const rt::Tensor& batch);

}  // namespace sgan::io
