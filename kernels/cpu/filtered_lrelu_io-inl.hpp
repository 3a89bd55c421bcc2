// Moves rows of pixels between NHWC memory and vectors of channels for the filtered nonlinearity:
// scale and bias on the way in, zero padding, channel counts that do not fill a vector. Included
// once per SIMD target.
#if defined(SGAN_FLRELU_IO_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SGAN_FLRELU_IO_INL
#undef SGAN_FLRELU_IO_INL
#else
#define SGAN_FLRELU_IO_INL
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/cpu/filtered_lrelu_stages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::flrelu {
namespace HWY_NAMESPACE {

// `lanes` floats from p, zeros above; reads nothing beyond them.
HWY_INLINE V load_lanes(const float* p, int lanes) {
  const D d;
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(lanes)), d, p);
#else
  HWY_ALIGN float lane[kLanes] = {};
  std::memcpy(lane, p, static_cast<size_t>(lanes) * sizeof(float));
  return hn::Load(d, lane);
#endif
}

// `lanes` channels from c0 of sample n, as vectors.
class Reader {
 public:
  Reader(const Plan& plan, int64_t n, int64_t c0, int lanes)
      : x_(plan.x + n * plan.h * plan.w * plan.c + c0),
        h_(plan.h),
        w_(plan.w),
        c_(plan.c),
        lanes_(lanes) {
    const D d;
    bias_ = plan.bias ? load_lanes(plan.bias + c0, lanes) : hn::Zero(d);
    scale_ = plan.scale ? load_lanes(plan.scale + n * plan.c + c0, lanes) : hn::Set(d, 1.0f);
  }

  // Row y, pixels [x0, x0 + count); zero outside of the picture.
  HWY_INLINE void read(int64_t y, int64_t x0, int64_t count, float* HWY_RESTRICT to) const {
    const D d;
    const V zero = hn::Zero(d);
    const bool inside = y >= 0 && y < h_;
    const int64_t begin = inside ? std::clamp<int64_t>(-x0, 0, count) : count;
    const int64_t end = std::clamp<int64_t>(w_ - x0, begin, count);
    int64_t i = 0;
    for (; i < begin; ++i) hn::Store(zero, d, to + i * kLanes);
    const float* from = x_ + (y * w_ + x0) * c_;
    if (lanes_ == static_cast<int>(kLanes)) {
      for (; i < end; ++i)
        hn::Store(hn::MulAdd(hn::LoadU(d, from + i * c_), scale_, bias_), d, to + i * kLanes);
    } else {
      for (; i < end; ++i)
        hn::Store(hn::MulAdd(load_lanes(from + i * c_, lanes_), scale_, bias_), d, to + i * kLanes);
    }
    for (; i < count; ++i) hn::Store(zero, d, to + i * kLanes);
  }

 private:
  const float* x_;
  int64_t h_, w_, c_;
  int lanes_;
  V scale_, bias_;
};

// Lists the memory lines of one vector of channels, rows [y, y + rows), pixels [x0, x0 + count):
// their runs are short and far apart, which the hardware does not foresee. `last`: the vector's end
// may lie in a line that no other vector begins.
inline int list_lines(const Plan& plan, const Item& item, int64_t c0, bool last, int64_t y,
                      int rows, int64_t x0, int64_t count, const float** lines) {
  int n = 0;
  const int64_t begin = std::max<int64_t>(x0, 0), end = std::min(x0 + count, plan.w);
  const int64_t y_end = std::min(y + rows, plan.h);
  const int64_t tail = item.c0 + item.channels - 1 - c0;
  for (y = std::max<int64_t>(y, 0); y < y_end; ++y) {
    const float* from = plan.x + ((item.n * plan.h + y) * plan.w + begin) * plan.c + c0;
    for (int64_t i = begin; i < end; ++i, from += plan.c) {
      lines[n++] = from;
      if (last) lines[n++] = from + tail;
    }
  }
  return n;
}

// Copies floats; `stream`: around the caches, where the target has no use for the old contents of
// whole lines, which would otherwise be read first.
inline void copy_out(const float* HWY_RESTRICT from, float* HWY_RESTRICT to, int64_t count,
                     bool stream) {
  const D d;
  const int64_t n = static_cast<int64_t>(kLanes);
  int64_t i = 0;
  if (stream) {
    constexpr uintptr_t kLine = 64;
    const int64_t head =
        static_cast<int64_t>((0 - reinterpret_cast<uintptr_t>(to)) % kLine / sizeof(float));
    if (head <= count) {
      std::memcpy(to, from, static_cast<size_t>(head) * sizeof(float));
      const int64_t lines = (count - head) / 16 * 16;
      for (i = head; i < head + lines; i += n) hn::Stream(hn::LoadU(d, from + i), d, to + i);
    }
  } else {
    for (; i + n <= count; i += n) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  }
  std::memcpy(to + i, from + i, static_cast<size_t>(count - i) * sizeof(float));
}

// Output row y, pixels [x, x + count), `pitch` floats per pixel in `from`.
inline void write_row(const Plan& plan, const Item& item, int64_t y, int64_t x, int64_t count,
                      const float* HWY_RESTRICT from, int64_t pitch) {
  if (count <= 0) return;
  float* to = plan.y + ((item.n * plan.out_h + y) * plan.out_w + x) * plan.c + item.c0;
  if (item.channels == plan.c && pitch == plan.c) {
    copy_out(from, to, count * plan.c, plan.stream);
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    copy_out(from + i * pitch, to + i * plan.c, item.channels, plan.stream);
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu
HWY_AFTER_NAMESPACE();

#endif
