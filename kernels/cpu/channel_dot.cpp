#include "kernels/cpu/channel_dot.hpp"

#include <algorithm>
#include <vector>

#include "kernels/parallel.hpp"
#include "kernels/types.hpp"

namespace sgan::kernels {

template <class T>
void channel_dot(int64_t n, int64_t pixels, int64_t channels, const T* a, const T* b, T* y) {
  using A = acc_t<T>;
  constexpr int64_t block = 16;  // products that are added before they go into double
  constexpr int64_t tile = 32;   // channels whose sums stay in registers
  const int64_t pieces = std::clamp<int64_t>(pixels * channels >> 15, 1, pixels / block + 1);
  std::vector<double> parts(size_t(n * pieces * channels));
  const int64_t work = pixels * channels / pieces + 1;
  parallel_ranges(
      n * pieces, std::max<int64_t>(1, (1 << 15) / work), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t sample = i / pieces, piece = i % pieces;
          const int64_t first = pixels * piece / pieces, last = pixels * (piece + 1) / pieces;
          for (int64_t c = 0; c < channels; c += tile) {
            const int64_t width = std::min(tile, channels - c);
            double* total = parts.data() + i * channels + c;
            for (int64_t p = first; p < last; p += block) {
              const int64_t stop = std::min(p + block, last);
              A sum[tile] = {};
              for (int64_t q = p; q < stop; ++q) {
                const int64_t at = (sample * pixels + q) * channels + c;
                if (width == tile) {
                  for (int64_t k = 0; k < tile; ++k) sum[k] += A(a[at + k]) * A(b[at + k]);
                } else {
                  for (int64_t k = 0; k < width; ++k) sum[k] += A(a[at + k]) * A(b[at + k]);
                }
              }
              for (int64_t k = 0; k < width; ++k) total[k] += double(sum[k]);
            }
          }
        }
      });
  for (int64_t sample = 0; sample < n; ++sample) {
    for (int64_t c = 0; c < channels; ++c) {
      double total = 0;
      for (int64_t p = 0; p < pieces; ++p)
        total += parts[size_t((sample * pieces + p) * channels + c)];
      y[sample * channels + c] = T(A(total));
    }
  }
}

#define SGAN_FOR(T) template void channel_dot<T>(int64_t, int64_t, int64_t, const T*, const T*, T*);
SGAN_FOR(float)
SGAN_FOR(double)
SGAN_FOR(Half)
SGAN_FOR(BFloat16)
#undef SGAN_FOR

}  // namespace sgan::kernels
