// Moves rows of pixels between NHWC memory and vectors of channels for the fast filtered
// nonlinearity: scale and bias on the way in, zero padding, channel counts that do not fill a
// vector. Included once per SIMD target.
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

enum class Fill { full, partial, packed };  // a vector of channels; fewer; several row segments

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

template <Fill kFill>
class Reader {
 public:
  Reader(const Plan& plan, const Item& item, int64_t segment_rows)
      : plan_(plan), item_(item), segment_rows_(segment_rows) {
    x_ = plan.x + item.n * plan.h * plan.w * plan.c + item.c0;
    aligned_ = plan.c % kMaxLanes == 0 && reinterpret_cast<uintptr_t>(plan.x) % 64 == 0;
    for (int l = 0; l < item.lanes * item.segments; ++l) {
      const int64_t c = item.c0 + l % item.lanes;
      scale_[l] = plan.scale ? plan.scale[item.n * plan.c + c] : 1.0f;
      bias_[l] = plan.bias ? plan.bias[c] : 0.0f;
    }
  }

  // Row y (of the first segment): pixels [x0, x0 + count), zero outside of the picture.
  void read(int64_t y, int64_t x0, int count, float* HWY_RESTRICT to) {
    const D d;
    const int64_t begin = std::clamp<int64_t>(-x0, 0, count);
    const int64_t end = std::clamp<int64_t>(plan_.w - x0, begin, count);
    const bool inside = kFill == Fill::packed ? select_rows(y) : y >= 0 && y < plan_.h;
    int64_t i = 0;
    const V zero = hn::Zero(d);
    if (!inside) {
      for (; i < count; ++i) hn::Store(zero, d, to + i * kLanes);
      return;
    }
    for (; i < begin; ++i) hn::Store(zero, d, to + i * kLanes);
    const V scale = hn::Load(d, scale_), bias = hn::Load(d, bias_);
    if constexpr (kFill == Fill::packed) {
      read_packed(x0, begin, end, scale, bias, to);
    } else {
      const float* from = x_ + (y * plan_.w + x0) * plan_.c;
      for (; i < end; ++i) {
        const V v = kFill == Fill::full ? hn::LoadU(d, from + i * plan_.c)
                                        : load_lanes(from + i * plan_.c, item_.lanes);
        hn::Store(hn::MulAdd(v, scale, bias), d, to + i * kLanes);
      }
    }
    for (i = end; i < count; ++i) hn::Store(zero, d, to + i * kLanes);
  }

  // Brings the same pixels of row y to L2: consecutive pixels are far apart, which defeats the
  // hardware's prefetcher, and a miss costs more than the arithmetic of a pixel.
  void prefetch(int64_t y, int64_t x0, int count) const {
    const int64_t begin = std::max<int64_t>(x0, 0), end = std::min(x0 + count, plan_.w);
    for (int s = 0; s < item_.segments; ++s) {
      const int64_t row = y + s * segment_rows_;
      if (row < 0 || row >= plan_.h) continue;
      const float* from = x_ + (row * plan_.w + begin) * plan_.c;
      for (int64_t i = begin; i < end; ++i, from += plan_.c) {
        __builtin_prefetch(from, 0, 2);
        if (!aligned_) __builtin_prefetch(from + item_.lanes - 1, 0, 2);
      }
    }
  }

 private:
  // Element offset and validity of every lane in row y; false if no segment has the row.
  bool select_rows(int64_t y) {
    bool any = false;
    for (int s = 0; s < item_.segments; ++s) {
      const int64_t row = y + s * segment_rows_;
      const bool valid = row >= 0 && row < plan_.h;
      any |= valid;
      for (int l = 0; l < item_.lanes; ++l) {
        offset_[s * item_.lanes + l] =
            static_cast<int32_t>((valid ? row : 0) * plan_.w * plan_.c + l);
        valid_[s * item_.lanes + l] = valid ? -1 : 0;
      }
    }
    return any;
  }

  void read_packed(int64_t x0, int64_t begin, int64_t end, V scale, V bias,
                   float* HWY_RESTRICT to) const {
    const D d;
    const hn::RebindToSigned<D> di;
    const auto valid = hn::BitCast(d, hn::Load(di, valid_));
    const auto offset = hn::Load(di, offset_);
    const float* from = x_ + x0 * plan_.c;
    for (int64_t i = begin; i < end; ++i) {
      const V v = hn::GatherIndex(d, from + i * plan_.c, offset);
      hn::Store(hn::And(hn::MulAdd(v, scale, bias), valid), d, to + i * kLanes);
    }
  }

  const Plan& plan_;
  const Item& item_;
  const int64_t segment_rows_;  // input rows from one segment to the next
  const float* x_;
  bool aligned_;  // every vector lies in one cache line
  HWY_ALIGN float scale_[kLanes] = {};
  HWY_ALIGN float bias_[kLanes] = {};
  HWY_ALIGN int32_t offset_[kLanes] = {};
  HWY_ALIGN int32_t valid_[kLanes] = {};
};

// Announces write_row of the same pixels.
inline void prefetch_row(const Plan& plan, const Item& item, int64_t y, int64_t x, int64_t count) {
  for (int s = 0; s < item.segments; ++s) {
    const int64_t row = y + s * item.rows;
    if (row >= item.y_end) break;
    const float* to = plan.y + ((item.n * plan.out_h + row) * plan.out_w + x) * plan.c + item.c0;
    for (int64_t i = 0; i < count; ++i) {
      __builtin_prefetch(to + i * plan.c, 1, 3);
      if (plan.c % kMaxLanes) __builtin_prefetch(to + i * plan.c + item.lanes - 1, 1, 3);
    }
  }
}

// Output row y (of the first segment), pixels [x, x + count).
template <Fill kFill>
void write_row(const Plan& plan, const Item& item, int64_t y, int64_t x, int64_t count,
               const float* HWY_RESTRICT from) {
  const D d;
  for (int s = 0; s < item.segments; ++s) {
    const int64_t row = y + s * item.rows;
    if (row >= item.y_end) break;
    float* to = plan.y + ((item.n * plan.out_h + row) * plan.out_w + x) * plan.c + item.c0;
    if constexpr (kFill == Fill::full) {
      for (int64_t i = 0; i < count; ++i)
        hn::StoreU(hn::Load(d, from + i * kLanes), d, to + i * plan.c);
    } else {
      // No blended store: other threads write the neighbouring channels.
      for (int l = 0; l < item.lanes; ++l)
        for (int64_t i = 0; i < count; ++i)
          to[i * plan.c + l] = from[i * kLanes + s * item.lanes + l];
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu
HWY_AFTER_NAMESPACE();

#endif
