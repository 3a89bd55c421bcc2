// See filtered_lrelu_general.hpp.
#include "kernels/cpu/filtered_lrelu_general.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/filtered_lrelu_general.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "kernels/cpu/filtered_lrelu_io-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::flrelu {
namespace HWY_NAMESPACE {

// Any slope, any gain; NaN passes.
HWY_INLINE V activate(V v, V slope, V gain, V clamp, V minus_clamp) {
  v = hn::Mul(hn::IfThenElse(hn::Lt(v, hn::Zero(D())), hn::Mul(v, slope), v), gain);
  return clamped(v, clamp, minus_clamp);
}

int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

// Where the window that begins at position a of the zero-inserted signal meets its nonzero samples.
struct Window {
  int64_t input;  // first nonzero one
  int tap;        // its tap; the next input meets tap + up
  Window(int64_t a, int up) : input(ceil_div(a, up)), tap(static_cast<int>(input * up - a)) {}
};

// out[i], i < count: window begins at a0 + i * step over `up`-fold zero-inserted `in`, whose first
// sample is in_first. Strides in floats; `lines` parallel signals.
void resample(const float* tap, int taps, int up, int step, const float* in, int64_t in_first,
              int64_t in_stride, int64_t in_line, int64_t a0, int count, float* out,
              int64_t out_stride, int64_t out_line, int lines) {
  const D d;
  for (int i = 0; i < count; ++i) {
    const Window window(a0 + static_cast<int64_t>(i) * step, up);
    const float* first = in + (window.input - in_first) * in_stride;
    for (int line = 0; line < lines; ++line) {
      V sum = hn::Zero(d);
      const float* from = first + line * in_line;
      for (int t = window.tap; t < taps; t += up, from += in_stride)
        sum = hn::MulAdd(hn::Load(d, from), hn::Set(d, tap[t]), sum);
      hn::Store(sum, d, out + i * out_stride + line * out_line);
    }
  }
}

// The same in two dimensions, with a full filter.
void resample_2d(const GeneralFir& f, int up, int step, const float* in, int64_t in_x, int64_t in_y,
                 int64_t in_row, int64_t a0x, int64_t a0y, int count_x, int count_y, float* out,
                 int64_t out_row) {
  const D d;
  for (int y = 0; y < count_y; ++y) {
    const Window wy(a0y + static_cast<int64_t>(y) * step, up);
    for (int x = 0; x < count_x; ++x) {
      const Window wx(a0x + static_cast<int64_t>(x) * step, up);
      V sum = hn::Zero(d);
      const float* line = in + (wy.input - in_y) * in_row + (wx.input - in_x) * kLanes;
      for (int i = wy.tap; i < f.height; i += up, line += in_row) {
        const float* from = line;
        for (int j = wx.tap; j < f.width; j += up, from += kLanes)
          sum = hn::MulAdd(hn::Load(d, from), hn::Set(d, f.tap[i * f.width + j]), sum);
      }
      hn::Store(sum, d, out + y * out_row + x * kLanes);
    }
  }
}

int height(const GeneralFir& f) { return f.separable ? f.width : f.height; }

// Extents of a tile: samples of the oversampled signal, inputs.
struct Extent {
  int samples, inputs;
  Extent(int outputs, int down, int taps_down, int up, int taps_up)
      : samples((outputs - 1) * down + taps_down), inputs((samples + taps_up - 1) / up + 2) {}
};

void RunGeneral(const GeneralPlan& p, const Item& item, float* scratch) {
  const D d;
  const Extent ex(static_cast<int>(item.x1 - item.x0), p.down, p.fd.width, p.up, p.fu.width);
  const Extent ey(static_cast<int>(item.rows), p.down, height(p.fd), p.up, height(p.fu));
  const int64_t ax = p.base.first_x + p.down * item.x0, ay = p.base.first_y + p.down * item.y0;
  const int64_t ix = Window(ax, p.up).input, iy = Window(ay, p.up).input;

  const int64_t in_row = ex.inputs * static_cast<int64_t>(kLanes);
  const int64_t sample_row = ex.samples * static_cast<int64_t>(kLanes);
  float* in = scratch;
  float* samples = in + ey.inputs * in_row;
  float* between = samples + ey.samples * sample_row;

  const Reader reader(p.base, item.n, item.c0, static_cast<int>(item.channels));
  for (int r = 0; r < ey.inputs; ++r) reader.read(iy + r, ix, ex.inputs, in + r * in_row);

  if (p.fu.separable) {
    resample(p.fu.tap, p.fu.width, p.up, 1, in, ix, kLanes, in_row, ax, ex.samples, between, kLanes,
             sample_row, ey.inputs);
    resample(p.fu.tap, p.fu.width, p.up, 1, between, iy, sample_row, kLanes, ay, ey.samples,
             samples, sample_row, kLanes, ex.samples);
  } else {
    resample_2d(p.fu, p.up, 1, in, ix, iy, in_row, ax, ay, ex.samples, ey.samples, samples,
                sample_row);
  }
  const V slope = hn::Set(d, p.base.k.slope), gain = hn::Set(d, p.gain);
  const V clamp = hn::Set(d, p.base.k.clamp), minus_clamp = hn::Set(d, -p.base.k.clamp);
  for (int64_t i = 0; i < ey.samples * sample_row; i += kLanes)
    hn::Store(activate(hn::Load(d, samples + i), slope, gain, clamp, minus_clamp), d, samples + i);

  float* out = in;
  const int width = static_cast<int>(item.x1 - item.x0), rows = static_cast<int>(item.rows);
  const int64_t out_row = width * static_cast<int64_t>(kLanes);
  if (p.fd.separable) {
    resample(p.fd.tap, p.fd.width, 1, p.down, samples, 0, sample_row, kLanes, 0, rows, between,
             sample_row, kLanes, ex.samples);
    resample(p.fd.tap, p.fd.width, 1, p.down, between, 0, kLanes, sample_row, 0, width, out, kLanes,
             out_row, rows);
  } else {
    resample_2d(p.fd, 1, p.down, samples, 0, 0, sample_row, 0, 0, width, rows, out, out_row);
  }
  for (int r = 0; r < rows; ++r)
    write_row(p.base, item, item.y0 + r, item.x0, width, out + r * out_row, kLanes);
}

int64_t GeneralScratch(const GeneralPlan& p) {
  const Extent ex(kTile, p.down, p.fd.width, p.up, p.fu.width);
  const Extent ey(kTile, p.down, height(p.fd), p.up, height(p.fu));
  const int64_t in = std::max<int64_t>(static_cast<int64_t>(ex.inputs) * ey.inputs, kTile * kTile);
  const int64_t samples = static_cast<int64_t>(ex.samples) * ey.samples;
  const int64_t between = static_cast<int64_t>(ex.samples) * std::max(ey.inputs, kTile);
  return (in + samples + between) * kLanes;
}

// `lanes` pixels are c vectors; lane l of vector v is channel (v * lanes + l) % c.
void Pointwise(const GeneralPlan& p, int64_t n, int64_t begin, int64_t end, float* scratch) {
  const D d;
  const Plan& b = p.base;
  const int64_t c = b.c, period = c * static_cast<int64_t>(kLanes);
  float* scales = scratch;
  float* biases = scratch + period;
  for (int64_t i = 0; i < period; ++i) {
    scales[i] = b.scale ? b.scale[n * c + i % c] : 1.0f;
    biases[i] = b.bias ? b.bias[i % c] : 0.0f;
  }
  const V slope = hn::Set(d, b.k.slope), gain = hn::Set(d, p.gain);
  const V clamp = hn::Set(d, b.k.clamp), minus_clamp = hn::Set(d, -b.k.clamp);
  const float* x = b.x + (n * b.h * b.w + begin) * c;
  float* y = b.y + (n * b.h * b.w + begin) * c;
  const int64_t count = (end - begin) * c;
  for (int64_t base = 0; base < count; base += period) {
    const int64_t here = std::min(period, count - base);
    for (int64_t i = 0; i < here; i += kLanes) {
      const V scale = hn::Load(d, scales + i), bias = hn::Load(d, biases + i);
      if (i + static_cast<int64_t>(kLanes) <= here) {
        const V v = hn::MulAdd(hn::LoadU(d, x + base + i), scale, bias);
        hn::StoreU(activate(v, slope, gain, clamp, minus_clamp), d, y + base + i);
        continue;
      }
      const int lanes = static_cast<int>(here - i);
      const V v = hn::MulAdd(load_lanes(x + base + i, lanes), scale, bias);
      HWY_ALIGN float tail[kLanes];
      hn::Store(activate(v, slope, gain, clamp, minus_clamp), d, tail);
      std::memcpy(y + base + i, tail, static_cast<size_t>(lanes) * sizeof(float));
    }
  }
}

int64_t PointwiseScratch(const GeneralPlan& p) {
  return 2 * p.base.c * static_cast<int64_t>(kLanes);
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels::flrelu {

HWY_EXPORT(RunGeneral);
HWY_EXPORT(GeneralScratch);
HWY_EXPORT(Pointwise);
HWY_EXPORT(PointwiseScratch);

void run_general_item(const GeneralPlan& plan, const Item& item, float* scratch) {
  HWY_DYNAMIC_DISPATCH(RunGeneral)(plan, item, scratch);
}
int64_t general_scratch_floats(const GeneralPlan& plan) {
  return HWY_DYNAMIC_DISPATCH(GeneralScratch)(plan);
}
void run_pointwise(const GeneralPlan& plan, int64_t n, int64_t begin, int64_t end, float* scratch) {
  HWY_DYNAMIC_DISPATCH(Pointwise)(plan, n, begin, end, scratch);
}
int64_t pointwise_scratch_floats(const GeneralPlan& plan) {
  return HWY_DYNAMIC_DISPATCH(PointwiseScratch)(plan);
}

}  // namespace sgan::kernels::flrelu
#endif  // HWY_ONCE
