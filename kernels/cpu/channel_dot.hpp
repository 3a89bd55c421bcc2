// Sums over pixels of products: how a map's channels depend on their scales.
#pragma once

#include <cstdint>

namespace sgan::kernels {

// y[n, c] = sum over p of a[n, p, c] * b[n, p, c], for the element types of kernels/types.hpp. On
// all cores; the order of the additions depends on the sizes only.
template <class T>
void channel_dot(int64_t n, int64_t pixels, int64_t channels, const T* a, const T* b, T* y);

}  // namespace sgan::kernels
