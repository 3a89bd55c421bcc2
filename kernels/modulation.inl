// What surrounds a modulated convolution, in one pass over memory each: scaling the input's
// channels, and behind it scale, noise, bias, activation, gain and clamp (StyleGAN2, 1912.04958,
// section 2.2). V neighbouring channels are read and written as one word.
#pragma once

#include "kernels/elementwise.inl"

namespace sgan::kernels {

template <class T, int V>
struct alignas(sizeof(T) * V) Pack {
  T v[V];
};

// Numbers in a 16-byte word.
template <class T>
inline constexpr int full_pack = 16 / int(sizeof(T));

// y = x * scale[sample, channel]; launched once a pack.
template <class T, int V>
struct ScaleChannels {
  int64_t pixels, channels;  // of a sample, of a pixel (a multiple of V)
  const T *x, *scale;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    const int64_t at = i * V, channel = at % channels, sample = at / (channels * pixels);
    const auto in = *reinterpret_cast<const Pack<T, V>*>(x + at);
    const auto s = *reinterpret_cast<const Pack<T, V>*>(scale + sample * channels + channel);
    Pack<T, V> out;
    for (int k = 0; k < V; ++k) out.v[k] = T(A(in.v[k]) * A(s.v[k]));
    *reinterpret_cast<Pack<T, V>*>(y + at) = out;
  }
};

// y = clamp(gain * act(x * scale[sample, channel] + noise[sample, pixel] * strength +
// bias[channel])); what is null is left out. Launched once a pack.
template <class T, int V>
struct ModulationEpilogue {
  Act act;
  double alpha, gain, clamp;  // clamp < 0: none
  int64_t pixels, channels;   // of a sample, of a pixel (a multiple of V)
  int64_t noise_step;  // from one sample's noise to the next: pixels, or 0 for one noise for all
  const T *x, *scale, *noise, *strength, *bias;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    const int64_t at = i * V, channel = at % channels, pixel = at / channels;
    const int64_t sample = pixel / pixels;
    const auto in = *reinterpret_cast<const Pack<T, V>*>(x + at);
    Pack<T, V> s, b, out;
    if (scale) s = *reinterpret_cast<const Pack<T, V>*>(scale + sample * channels + channel);
    if (bias) b = *reinterpret_cast<const Pack<T, V>*>(bias + channel);
    A added = A(0);
    if (noise) {
      added = A(noise[sample * noise_step + pixel % pixels]);
      if (strength) added *= A(*strength);
    }
    const A limit = A(clamp);
    for (int k = 0; k < V; ++k) {
      A v = A(in.v[k]);
      if (scale) v *= A(s.v[k]);
      v += added;
      if (bias) v += A(b.v[k]);
      v = A(gain) * activation<A>(act, 0, v, A(alpha));
      if (clamp >= 0) v = v > limit ? limit : (v < -limit ? -limit : v);
      out.v[k] = T(v);
    }
    *reinterpret_cast<Pack<T, V>*>(y + at) = out;
  }
};

}  // namespace sgan::kernels
