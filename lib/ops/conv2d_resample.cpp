#include "lib/ops/conv2d_resample.hpp"

#include "lib/ops/layout.hpp"

namespace sgan::ops {
namespace {

// [Co, kh, kw, Ci / groups] -> [Ci, kh, kw, Co / groups], as the adjoint wants it.
Var exchange_channels(const Var& weight, int groups) {
  const int64_t co = weight.size(0), kh = weight.size(1), kw = weight.size(2), ci = weight.size(3);
  const Var split = reshape(weight, {groups, co / groups, kh, kw, ci});
  return reshape(permute(split, {0, 4, 2, 3, 1}), {groups * ci, kh, kw, co / groups});
}

Var convolve(const Var& x, const Var& weight, const Padding& p, int stride, int groups) {
  if (p.x0 >= 0 && p.x1 >= 0 && p.y0 >= 0 && p.y1 >= 0) {
    return conv2d(x, weight, {stride, stride, p.y0, p.y1, p.x0, p.x1, groups});
  }
  const Var padded = pad(x, {0, p.y0, p.x0, 0}, {0, p.y1, p.x1, 0});
  return conv2d(padded, weight, {stride, stride, 0, 0, 0, 0, groups});
}

}  // namespace

Var conv2d_resample(const Var& x, const Var& weight, const Filter& filter,
                    const ResampleOptions& o) {
  static const Filter unit{{1.0}, 1, 1, false};
  const Filter& f = filter.defined() ? filter : unit;
  check(o.up >= 1 && o.down >= 1, "conv2d_resample: factors are at least 1");
  check(weight.rank() == 4, "conv2d_resample: a weight of shape ", weight.shape());
  const int64_t kh = weight.size(1), kw = weight.size(2);
  Padding p = o.padding;
  if (o.up > 1) p = upsample_padding(f, o.up, o.up, p);
  if (o.down > 1) p = downsample_padding(f, o.down, o.down, p);
  const auto correlation = [&] { return o.flip_weight ? weight : flip(weight, {1, 2}); };

  UpfirdnOptions fir{.padding = p, .flip = o.flip_filter};
  if (kh == 1 && kw == 1 && o.up > 1 &&
      o.down == 1) {  // fewer pixels to convolve before than after
    fir.up_x = fir.up_y = o.up;
    fir.gain = o.up * o.up;
    return upfirdn2d(conv2d(x, weight, {.groups = o.groups}), f, fir);
  }
  if (kh == 1 && kw == 1 && o.down > 1 && o.up == 1) {
    fir.down_x = fir.down_y = o.down;
    return conv2d(upfirdn2d(x, f, fir), weight, {.groups = o.groups});
  }
  if (o.down > 1 && o.up == 1) {
    return convolve(upfirdn2d(x, f, fir), correlation(), {}, o.down, o.groups);
  }
  if (o.up > 1 && o.down == 1) {
    // Convolution and filter commute: a transposed convolution skips the inserted zeros, and the
    // filter takes what is left of the padding. The adjoint of a correlation is a convolution.
    const Var true_convolution = o.flip_weight ? flip(weight, {1, 2}) : weight;
    const int64_t height = (x.size(1) - 1) * o.up + kh, width = (x.size(2) - 1) * o.up + kw;
    const Var spread = conv2d_transpose(x, exchange_channels(true_convolution, o.groups), height,
                                        width, {o.up, o.up, 0, 0, 0, 0, o.groups});
    fir.padding = {p.x0 - (kw - 1), p.x1 - (kw - o.up), p.y0 - (kh - 1), p.y1 - (kh - o.up)};
    fir.gain = o.up * o.up;
    return upfirdn2d(spread, f, fir);
  }
  if (o.up == 1 && o.down == 1) return convolve(x, correlation(), p, 1, o.groups);

  fir.up_x = fir.up_y = o.up;
  fir.gain = o.up * o.up;
  const Var fine = convolve(upfirdn2d(x, f, fir), correlation(), {}, 1, o.groups);
  return upfirdn2d(fine, f, {.down_x = o.down, .down_y = o.down, .flip = o.flip_filter});
}

}  // namespace sgan::ops
