// The fused filtered nonlinearity, tile by tile. Filters commute along different axes, so the
// upsampled signal is made along x first (shared memory), then each of its columns is walked
// downwards in registers: upsampled, activated, and at once filtered and decimated along y (or, for
// a radial filter, kept in shared memory). What is left is the filter along x.
#pragma once

#include "kernels/cuda/block.hpp"
#include "kernels/cuda/filtered_lrelu.hpp"
#include "kernels/types.hpp"

namespace sgan::kernels {

template <class T, int Up, bool Radial>
struct FilteredLreluTiles {
  static constexpr int threads = 256;
  static constexpr int down = 2, down_taps = 12,
                       reach = 7;     // input samples that one phase may need
  static constexpr int lanes = 8;     // channels of a block
  static constexpr int columns = 32;  // of the oversampled tile
  // Output tile. The width is such that every tile starts at the same phase of the upsampling.
  static constexpr int width = Up == 2 ? 11 : 10, height = Radial ? 8 : 16;
  static constexpr int rows = ceil_div((height - 1) * down + down_taps, Up) * Up;  // oversampled
  static constexpr int in_w = columns / Up - 1 + reach, in_h = rows / Up - 1 + reach;
  static_assert((width - 1) * down + down_taps <= columns && width * down % Up == 0);
  static_assert(height * down % Up == 0 && threads == columns * lanes &&
                (!Radial || height % 2 == 0));

  // First the input, later (it is no longer needed then) what the columns' walk leaves behind.
  static constexpr int input = in_h * in_w * lanes;
  static constexpr int walked = (Radial ? rows : height) * columns * lanes;
  static constexpr int first = input > walked ? input : walked;
  static constexpr int stretched = in_h * columns * lanes;  // upsampled along x

  int64_t n, h, w, c, ho, wo;
  const T *x, *scale, *bias;
  T* y;
  int64_t origin_x, origin_y;  // input sample that the window of the first output starts at
  float slope, gain, clamp;
  // Phase q of the upsampling is taps[q][j] on sample j of the window; gains included.
  float taps_x[Up][reach], taps_y[Up][reach];
  float fd[Radial ? down_taps * down_taps : down_taps];

  SGAN_HD int64_t across() const { return ceil_div(wo, width); }
  SGAN_HD int64_t downwards() const { return ceil_div(ho, height); }
  SGAN_HD int64_t chunks() const { return ceil_div(c, lanes); }
  int64_t blocks() const { return n * downwards() * across() * chunks(); }
  int64_t shared_bytes() const { return 4 * (first + stretched); }

  SGAN_DEVICE float activate(float v) const {
    v = (v > 0 ? v : v * slope) * gain;
    return clamp < 0 ? v : (v > clamp ? clamp : (v < -clamp ? -clamp : v));
  }

  // Output tile (px, py), channels from c0 of sample b.
  struct Place {
    int64_t b, ox0, oy0, c0;
  };
  SGAN_DEVICE Place place(int64_t index) const {
    Place p;
    p.c0 = index % chunks() * lanes;
    index /= chunks();
    p.ox0 = index % across() * width;
    index /= across();
    p.oy0 = index % downwards() * height;
    p.b = index / downwards();
    return p;
  }

  template <class Shared>
  SGAN_DEVICE void load(int t, const Place& p, Shared& in) const {
    const int64_t ix0 = origin_x + p.ox0 * down / Up, iy0 = origin_y + p.oy0 * down / Up;
    const int64_t channel = p.c0 + t % lanes;
    const bool exists = channel < c;
    const float factor = scale && exists ? float(scale[p.b * c + channel]) : 1.f;
    const float offset = bias && exists ? float(bias[channel]) : 0.f;
    for (int i = t; i < input; i += threads) {
      const int pixel = i / lanes;
      const int64_t ix = ix0 + pixel % in_w, iy = iy0 + pixel / in_w;
      const bool inside = exists && ix >= 0 && ix < w && iy >= 0 && iy < h;
      in[i] = inside ? float(x[((p.b * h + iy) * w + ix) * c + channel]) * factor + offset : 0.f;
    }
  }

  template <class Shared>
  SGAN_DEVICE void stretch(int t, const Shared& in, Shared& wide) const {
    constexpr int groups = columns / Up;  // of Up neighbours that share a window
    for (int i = t; i < in_h * groups * lanes; i += threads) {
      const int lane = i % lanes, group = i / lanes % groups, row = i / (lanes * groups);
      float sample[reach];
      SGAN_UNROLL
      for (int j = 0; j < reach; ++j) sample[j] = in[(row * in_w + group + j) * lanes + lane];
      SGAN_UNROLL
      for (int q = 0; q < Up; ++q) {
        float sum = 0;
        SGAN_UNROLL
        for (int j = 0; j < reach; ++j) sum += taps_x[q][j] * sample[j];
        wide[(row * columns + group * Up + q) * lanes + lane] = sum;
      }
    }
  }

  // One thread, one column of one channel.
  template <class Shared>
  SGAN_DEVICE void walk(int t, const Shared& wide, Shared& out) const {
    float window[reach], recent[down_taps];
    SGAN_UNROLL
    for (int j = 1; j < reach; ++j) window[j] = wide[(j - 1) * columns * lanes + t];
    SGAN_UNROLL
    for (int step = 0; step < rows / Up; ++step) {
      SGAN_UNROLL
      for (int j = 0; j + 1 < reach; ++j) window[j] = window[j + 1];
      window[reach - 1] = wide[(step + reach - 1) * columns * lanes + t];
      SGAN_UNROLL
      for (int q = 0; q < Up; ++q) {
        const int row = step * Up + q;
        float sum = 0;
        SGAN_UNROLL
        for (int j = 0; j < reach; ++j) sum += taps_y[q][j] * window[j];
        const float active = activate(sum);
        if constexpr (Radial) {
          out[row * columns * lanes + t] = active;
        } else {
          recent[row % down_taps] = active;
          const int oy = (row - (down_taps - 1)) / down;
          if (row < down_taps - 1 || (row - (down_taps - 1)) % down || oy >= height) continue;
          float decimated = 0;
          SGAN_UNROLL
          for (int k = 0; k < down_taps; ++k) {
            decimated += fd[k] * recent[(oy * down + k) % down_taps];
          }
          out[oy * columns * lanes + t] = decimated;
        }
      }
    }
  }

  SGAN_DEVICE void store(const Place& p, int px, int py, int lane, float value) const {
    const int64_t ox = p.ox0 + px, oy = p.oy0 + py, channel = p.c0 + lane;
    if (ox < wo && oy < ho && channel < c) y[((p.b * ho + oy) * wo + ox) * c + channel] = T(value);
  }

  // The rest of a separable filter: along x.
  template <class Shared>
  SGAN_DEVICE void shrink(int t, const Place& p, const Shared& walked_rows) const {
    for (int i = t; i < height * width * lanes; i += threads) {
      const int lane = i % lanes, px = i / lanes % width, py = i / (lanes * width);
      float sum = 0;
      SGAN_UNROLL
      for (int k = 0; k < down_taps; ++k) {
        const float v = walked_rows[(py * columns + px * down + k) * lanes + lane];
        sum += fd[k] * v;
      }
      store(p, px, py, lane, sum);
    }
  }

  // A radial filter, two outputs above each other at once: they share ten of twelve rows.
  template <class Shared>
  SGAN_DEVICE void shrink_radial(int t, const Place& p, const Shared& fine) const {
    for (int i = t; i < height / 2 * width * lanes; i += threads) {
      const int lane = i % lanes, px = i / lanes % width, py = i / (lanes * width) * 2;
      float upper = 0, lower = 0;
      SGAN_UNROLL
      for (int ky = 0; ky < down_taps + down; ++ky) {
        SGAN_UNROLL
        for (int kx = 0; kx < down_taps; ++kx) {
          const float v = fine[((py * down + ky) * columns + px * down + kx) * lanes + lane];
          if (ky < down_taps) upper += fd[ky * down_taps + kx] * v;
          if (ky >= down) lower += fd[(ky - down) * down_taps + kx] * v;
        }
      }
      store(p, px, py, lane, upper);
      store(p, px, py + 1, lane, lower);
    }
  }

  template <class Block>
  SGAN_DEVICE void operator()(Block& block) const {
    auto narrow = block.template shared<float>(0, first);
    auto wide = block.template shared<float>(int64_t(first) * 4, stretched);
    const int t = block.thread();
    const Place p = place(block.index());
    load(t, p, narrow);
    block.sync();
    stretch(t, narrow, wide);
    block.sync();
    walk(t, wide, narrow);
    block.sync();
    if constexpr (Radial) {
      shrink_radial(t, p, narrow);
    } else {
      shrink(t, p, narrow);
    }
  }
};

// Which taps each phase puts on which sample of its window, and where the window of phase 0 starts.
// Upsampled sample u reads taps k with (u + k - pad) % up == 0 on input (u + k - pad) / up.
template <int Up, int Reach>
int64_t split_phases(const float* taps, int count, int64_t pad, float gain,
                     float (&table)[Up][Reach]) {
  const int64_t origin = floor_div(-pad + Up - 1, Up);
  for (int q = 0; q < Up; ++q) {
    for (int j = 0; j < Reach; ++j) {
      const int64_t k = (origin + j) * Up + pad - q;
      table[q][j] = k >= 0 && k < count ? taps[k] * gain : 0.f;
    }
  }
  return origin;
}

template <class T, int Up, bool Radial>
FilteredLreluTiles<T, Up, Radial> filtered_lrelu_tiles(const FilteredLreluTask<T>& task) {
  FilteredLreluTiles<T, Up, Radial> k{};
  k.n = task.n;
  k.h = task.h;
  k.w = task.w;
  k.c = task.c;
  k.ho = task.ho;
  k.wo = task.wo;
  k.x = task.x;
  k.scale = task.scale;
  k.bias = task.bias;
  k.y = task.y;
  k.slope = task.slope;
  k.gain = task.gain;
  k.clamp = task.clamp;
  k.origin_x = split_phases(task.fu, task.up_taps, task.pad_x0, float(Up), k.taps_x);
  k.origin_y = split_phases(task.fu, task.up_taps, task.pad_y0, float(Up), k.taps_y);
  for (int i = 0; i < (Radial ? task.down_taps : 1); ++i) {  // short filters end in zeros
    for (int j = 0; j < task.down_taps; ++j)
      k.fd[i * k.down_taps + j] = task.fd[i * task.down_taps + j];
  }
  return k;
}

}  // namespace sgan::kernels
