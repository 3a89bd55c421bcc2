#include "kernels/cpu/pool.hpp"

#include <algorithm>

#include "kernels/cpu/conv_tiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/conv_tiles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::pools {
namespace {
namespace HWY_NAMESPACE {

using namespace convtiles::HWY_NAMESPACE;

HWY_INLINE V larger(V value, V most) {
  return hn::IfThenElse(hn::Or(hn::Gt(value, most), hn::IsNaN(value)), value, most);
}

HWY_INLINE V combined(V value, V so_far, bool maximum) {
  return maximum ? larger(value, so_far) : hn::Add(so_far, value);
}

// Output pixels [begin, end) of all samples in one row.
template <bool kMaximum>
HWY_INLINE void pool(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  const Tag d;
  const float* window[225];
  for (int64_t i = begin; i < end; ++i) {
    const int64_t ox = i % g.wo, oy = i / g.wo % g.ho, n = i / (g.wo * g.ho);
    int count = 0;
    for (int64_t iy = g.begin_of(oy); iy < g.end_of(oy, g.h); ++iy) {
      for (int64_t ix = g.begin_of(ox); ix < g.end_of(ox, g.w); ++ix) {
        window[count++] = x + ((n * g.h + iy) * g.w + ix) * g.c;
      }
    }
    const V share = hn::Set(d, kMaximum ? 1.0f : float(g.share(oy, ox)));
    float* to = y + i * g.c;
    int64_t c = 0;
    for (; c + 2 * kLanes <= g.c; c += 2 * kLanes) {
      V a = hn::LoadU(d, window[0] + c), b = hn::LoadU(d, window[0] + c + kLanes);
      for (int k = 1; k < count; ++k) {
        a = combined(hn::LoadU(d, window[k] + c), a, kMaximum);
        b = combined(hn::LoadU(d, window[k] + c + kLanes), b, kMaximum);
      }
      hn::StoreU(kMaximum ? a : hn::Mul(a, share), d, to + c);
      hn::StoreU(kMaximum ? b : hn::Mul(b, share), d, to + c + kLanes);
    }
    for (; c < g.c; c += kLanes) {
      const int64_t left = std::min<int64_t>(kLanes, g.c - c);
      V a = load_some(window[0] + c, left);
      for (int k = 1; k < count; ++k) {
        a = combined(load_some(window[k] + c, left), a, kMaximum);
      }
      store_some(kMaximum ? a : hn::Mul(a, share), to + c, left);
    }
  }
}

void max_pool(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  pool<true>(g, x, y, begin, end);
}
void average_pool(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end) {
  pool<false>(g, x, y, begin, end);
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace sgan::kernels::pools
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace pools {
namespace {
HWY_EXPORT(max_pool);
HWY_EXPORT(average_pool);
}  // namespace
}  // namespace pools

void max_pool_fast(const PoolGeometry& g, const float* x, float* y) {
  parallel_ranges(g.n * g.ho * g.wo, 64, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(pools::max_pool)(g, x, y, begin, end);
  });
}

void average_pool_fast(const PoolGeometry& g, const float* x, float* y) {
  parallel_ranges(g.n * g.ho * g.wo, 64, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(pools::average_pool)(g, x, y, begin, end);
  });
}

}  // namespace sgan::kernels
#endif
