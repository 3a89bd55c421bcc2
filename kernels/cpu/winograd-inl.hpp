// The one-dimensional transforms of F(4, 3), and the input's in two dimensions. Included once per
// SIMD target.
#if defined(SGAN_WINOGRAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SGAN_WINOGRAD_INL
#undef SGAN_WINOGRAD_INL
#else
#define SGAN_WINOGRAD_INL
#endif

#include "kernels/cpu/conv_tiles-inl.hpp"
#include "kernels/cpu/winograd_internal.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::wino {
namespace HWY_NAMESPACE {

using namespace convtiles::HWY_NAMESPACE;

// The points are 0, a, -a, b, -b, infinity with
constexpr float kA = 0.70710678118654752f, kB = 1.41421356237309505f;

// Input: the coefficients of M(x)/(x - p) for each point p, M(x) = x (x^2 - a^2) (x^2 - b^2).
HWY_INLINE void input_transform(const V (&x)[6], V (&v)[6]) {
  const Tag d;
  const V a = hn::Set(d, kA), b = hn::Set(d, kB), half = hn::Set(d, 0.5f), two = hn::Set(d, 2.0f);
  const V more = hn::Set(d, 2.5f);
  const V even_a = hn::NegMulAdd(two, x[2], x[4]), odd_a = hn::NegMulAdd(two, x[1], x[3]);
  const V even_b = hn::NegMulAdd(half, x[2], x[4]), odd_b = hn::NegMulAdd(half, x[1], x[3]);
  v[0] = hn::Add(hn::NegMulAdd(more, x[2], x[0]), x[4]);
  v[1] = hn::MulAdd(a, odd_a, even_a);
  v[2] = hn::NegMulAdd(a, odd_a, even_a);
  v[3] = hn::MulAdd(b, odd_b, even_b);
  v[4] = hn::NegMulAdd(b, odd_b, even_b);
  v[5] = hn::Add(hn::NegMulAdd(more, x[3], x[1]), x[5]);
}

// Output: y[j] = sum of p^j m[p], and infinity's with the highest power.
HWY_INLINE void output_transform(const V (&m)[6], V (&y)[4]) {
  const Tag d;
  const V a = hn::Set(d, kA), b = hn::Set(d, kB), half = hn::Set(d, 0.5f), two = hn::Set(d, 2.0f);
  const V sum_a = hn::Add(m[1], m[2]), dif_a = hn::Mul(a, hn::Sub(m[1], m[2]));
  const V sum_b = hn::Add(m[3], m[4]), dif_b = hn::Mul(b, hn::Sub(m[3], m[4]));
  y[0] = hn::Add(m[0], hn::Add(sum_a, sum_b));
  y[1] = hn::Add(dif_a, dif_b);
  y[2] = hn::MulAdd(half, sum_a, hn::Mul(two, sum_b));
  y[3] = hn::Add(hn::MulAdd(half, dif_a, hn::Mul(two, dif_b)), m[5]);
}

// The adjoint of the output's.
HWY_INLINE void gradient_transform(const V (&y)[4], V (&m)[6]) {
  const Tag d;
  const V a = hn::Set(d, kA), b = hn::Set(d, kB), half = hn::Set(d, 0.5f), two = hn::Set(d, 2.0f);
  const V even_a = hn::MulAdd(half, y[2], y[0]);
  const V odd_a = hn::Mul(a, hn::MulAdd(half, y[3], y[1]));
  const V even_b = hn::MulAdd(two, y[2], y[0]), odd_b = hn::Mul(b, hn::MulAdd(two, y[3], y[1]));
  m[0] = y[0];
  m[1] = hn::Add(even_a, odd_a);
  m[2] = hn::Sub(even_a, odd_a);
  m[3] = hn::Add(even_b, odd_b);
  m[4] = hn::Sub(even_b, odd_b);
  m[5] = y[3];
}

// Weight: values of the polynomial at the points over M'(point).
HWY_INLINE void weight_transform(const V (&w)[3], V (&u)[6]) {
  const Tag d;
  const V sixth = hn::Set(d, 1.0f / 6), third = hn::Set(d, 1.0f / 3);
  const V minus = hn::Set(d, -2.0f / 3), a = hn::Set(d, -2.0f / 3 * kA), b = hn::Set(d, kB / 6);
  const V even_a = hn::MulAdd(minus, w[0], hn::Mul(hn::Neg(third), w[2]));
  const V even_b = hn::MulAdd(sixth, w[0], hn::Mul(third, w[2]));
  u[0] = w[0];
  u[1] = hn::MulAdd(a, w[1], even_a);
  u[2] = hn::NegMulAdd(a, w[1], even_a);
  u[3] = hn::MulAdd(b, w[1], even_b);
  u[4] = hn::NegMulAdd(b, w[1], even_b);
  u[5] = w[2];
}

// The adjoint of the weight's.
HWY_INLINE void weight_gradient_transform(const V (&u)[6], V (&w)[3]) {
  const Tag d;
  const V sixth = hn::Set(d, 1.0f / 6), third = hn::Set(d, 1.0f / 3);
  const V minus = hn::Set(d, -2.0f / 3), a = hn::Set(d, -2.0f / 3 * kA), b = hn::Set(d, kB / 6);
  const V sum_a = hn::Add(u[1], u[2]), sum_b = hn::Add(u[3], u[4]);
  w[0] = hn::Add(u[0], hn::MulAdd(minus, sum_a, hn::Mul(sixth, sum_b)));
  w[1] = hn::MulAdd(a, hn::Sub(u[1], u[2]), hn::Mul(b, hn::Sub(u[3], u[4])));
  w[2] = hn::MulAdd(third, hn::Sub(sum_b, sum_a), u[5]);
}

HWY_INLINE V load_channels(const float* p, int64_t left) {
  return left >= kLanes ? hn::LoadU(Tag(), p) : load_some(p, left < 0 ? 0 : left);
}

// Rows 0... of `to` from tiles [first, last); channels up to the row's last panel, zeros behind
// the image's own.
HWY_INLINE void transform_input(const InputJob& job, int64_t first, int64_t last, int64_t row,
                                const Block& to) {
  const Tag d;
  const ConvShape& s = *job.s;
  const int64_t padded = round_up(s.in_c, kPanel);
  for (int64_t t = first; t < last; ++t, ++row) {
    const Place p = place(job.tiles, t);
    const float* from[kPoints];
    for (int i = 0; i < kIn; ++i) {
      const int64_t y = p.y + i - s.pad_top;
      for (int j = 0; j < kIn; ++j) {
        const int64_t x = p.x + j - s.pad_left;
        const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
        from[i * kIn + j] =
            inside ? job.x + ((p.sample * s.in_h + y) * s.in_w + x) * s.in_c : job.zeros;
      }
    }
    float* out = to.data + row * to.row_pitch;
    const float* scale = job.in_scale ? job.in_scale + p.sample * s.in_c : nullptr;
    for (int64_t c = 0; c < padded; c += kLanes) {
      V half[kIn][kIn];
      const int64_t left = s.in_c - c;
      for (int j = 0; j < kIn; ++j) {
        V in[6], v[6];
#pragma GCC unroll 6
        for (int i = 0; i < kIn; ++i) in[i] = load_channels(from[i * kIn + j] + c, left);
        input_transform(in, v);
#pragma GCC unroll 6
        for (int i = 0; i < kIn; ++i) half[i][j] = v[i];
      }
      const V factor = scale ? load_channels(scale + c, left) : hn::Set(d, 1.0f);
      for (int i = 0; i < kIn; ++i) {
        V v[6];
        input_transform(half[i], v);
        float* q = out + i * kIn * to.point_pitch + c;
#pragma GCC unroll 6
        for (int j = 0; j < kIn; ++j) {
          hn::StoreU(hn::Mul(v[j], factor), d, q + j * to.point_pitch);
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::wino
HWY_AFTER_NAMESPACE();
#endif
