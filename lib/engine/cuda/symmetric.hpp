// cuDNN pads a picture alike on both sides and derives the result's size from that; our geometries
// are more general.
#pragma once

#include "kernels/conv.inl"

namespace sgan::engine::cuda {

// The geometry as cuDNN takes it. Where it would not (`copied`), the picture is replaced by one
// that has its padding inside, padded[y, x] = picture[y - shift_y, x - shift_x].
struct Symmetric {
  kernels::ConvGeometry g;
  bool copied = false;
  int64_t shift_y = 0, shift_x = 0;
};

inline Symmetric symmetric(const kernels::ConvGeometry& g) {
  const auto fits = [](int64_t in, int64_t pad, int64_t kernel, int64_t stride, int64_t out) {
    return pad >= 0 && in + 2 * pad >= kernel && (in + 2 * pad - kernel) / stride + 1 == out;
  };
  if (fits(g.h, g.pad_y, g.kh, g.stride_y, g.ho) && fits(g.w, g.pad_x, g.kw, g.stride_x, g.wo)) {
    return {g, false, 0, 0};
  }
  Symmetric s{g, true, g.pad_y, g.pad_x};
  s.g.h = (g.ho - 1) * g.stride_y + g.kh;
  s.g.w = (g.wo - 1) * g.stride_x + g.kw;
  s.g.pad_y = s.g.pad_x = 0;
  return s;
}

}  // namespace sgan::engine::cuda
