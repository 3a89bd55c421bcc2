// What surrounds a modulated convolution on the CPU: pixel by pixel, so that the loop over a
// pixel's channels has nothing to decide.
#pragma once

#include "kernels/cpu/elementwise-inl.hpp"
#include "kernels/modulation.inl"

namespace sgan::kernels {

template <class T, int V>
void run_range(const ScaleChannels<T, V>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  const int64_t stop = end * V, channels = f.channels;
  for (int64_t i = begin * V; i < stop;) {
    const int64_t pixel = i / channels, c = i - pixel * channels;
    const int64_t length = std::min(channels - c, stop - i);
    const T *x = f.x + i, *scale = f.scale + pixel / f.pixels * channels + c;
    T* __restrict y = f.y + i;
    for (int64_t k = 0; k < length; ++k) y[k] = T(A(x[k]) * A(scale[k]));
    i += length;
  }
}

template <class T, int V>
void run_range(const ModulationEpilogue<T, V>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  if (!is_flat(f.act)) {
    const ModulationEpilogue<T, V> local = f;
    for (int64_t i = begin; i < end; ++i) local(i);
    return;
  }
  const A low = A(low_slope(f.act, f.alpha)), gain = A(f.gain);
  const A limit = f.clamp < 0 ? std::numeric_limits<A>::infinity() : A(f.clamp);
  const auto act = [=](A v) { return limited(gain * (v > A(0) ? v : v * low), limit); };
  const int64_t stop = end * V, channels = f.channels;
  for (int64_t i = begin * V; i < stop;) {
    const int64_t pixel = i / channels, c = i - pixel * channels, sample = pixel / f.pixels;
    const int64_t length = std::min(channels - c, stop - i);
    A added = A(0);
    if (f.noise) {
      added = A(f.noise[sample * f.noise_step + pixel % f.pixels]);
      if (f.strength) added *= A(*f.strength);
    }
    const T *x = f.x + i, *scale = f.scale + sample * channels + c, *bias = f.bias + c;
    T* __restrict y = f.y + i;
    if (f.scale && f.bias) {
      for (int64_t k = 0; k < length; ++k) {
        y[k] = T(act((A(x[k]) * A(scale[k]) + added) + A(bias[k])));
      }
    } else if (f.scale) {
      for (int64_t k = 0; k < length; ++k) y[k] = T(act(A(x[k]) * A(scale[k]) + added));
    } else if (f.bias) {
      for (int64_t k = 0; k < length; ++k) y[k] = T(act((A(x[k]) + added) + A(bias[k])));
    } else {
      for (int64_t k = 0; k < length; ++k) y[k] = T(act(A(x[k]) + added));
    }
    i += length;
  }
}

}  // namespace sgan::kernels
