// upfirdn2d channels last with the input of an output tile in shared memory, each number read from
// memory once per tile.
#pragma once

#include "kernels/cuda/block.hpp"
#include "kernels/upfirdn2d.inl"

namespace sgan::kernels {

template <class T, int UpX, int UpY, int DownX, int DownY>
struct UpfirdnTiles {
  static_assert((UpX & (UpX - 1)) == 0 && (UpY & (UpY - 1)) == 0, "phases are taken by masks");
  static constexpr int threads = 256;
  UpfirdnGeometry g;
  const T *x, *f;
  T* y;
  // Outputs of a block: 2^log_w x 2^log_h pixels of 2^log_c channels; its input: in_w x in_h
  // pixels.
  int log_w, log_h, log_c, in_w, in_h;

  SGAN_HD int64_t across() const { return ceil_div(g.wo, int64_t{1} << log_w); }
  SGAN_HD int64_t down() const { return ceil_div(g.ho, int64_t{1} << log_h); }
  SGAN_HD int64_t chunks() const { return ceil_div(g.c, int64_t{1} << log_c); }
  SGAN_HD int taps() const { return int(g.fw * g.fh); }
  int64_t blocks() const { return g.n * down() * across() * chunks(); }
  int64_t shared_bytes() const { return 4 * ((int64_t(in_w) * in_h << log_c) + taps()); }

  template <class Block>
  SGAN_DEVICE void operator()(Block& block) const {
    using Acc = acc_t<T>;
    const int lanes = 1 << log_c, t = block.thread();
    const int inputs = in_w * in_h << log_c;
    auto tile = block.template shared<Acc>(0, inputs);
    auto filter = block.template shared<Acc>(int64_t(inputs) * 4, taps());

    int64_t rest = block.index();
    const int64_t c0 = rest % chunks() << log_c;
    rest /= chunks();
    const int64_t ox0 = rest % across() << log_w;
    rest /= across();
    const int64_t oy0 = rest % down() << log_h;
    const int64_t b = rest / down();
    // The first samples of the padded, upsampled picture, and the first pixels at or after them.
    const int64_t sx = ox0 * DownX - g.pad_x0, sy = oy0 * DownY - g.pad_y0;
    const int64_t ix0 = floor_div(sx + UpX - 1, UpX), iy0 = floor_div(sy + UpY - 1, UpY);
    const int shift_x = int(sx - ix0 * UpX), shift_y = int(sy - iy0 * UpY);  // in (-Up, 0]

    for (int i = t; i < taps(); i += threads) filter[i] = Acc(f[i]);
    for (int i = t; i < inputs; i += threads) {
      const int64_t c = c0 + (i & (lanes - 1));
      const int pixel = i >> log_c;
      const int64_t ix = ix0 + pixel % in_w, iy = iy0 + pixel / in_w;
      const bool inside = c < g.c && ix >= 0 && ix < g.w && iy >= 0 && iy < g.h;
      tile[i] = inside ? Acc(x[((b * g.h + iy) * g.w + ix) * g.c + c]) : Acc(0);
    }
    block.sync();

    const int outputs = 1 << (log_w + log_h + log_c);
    for (int i = t; i < outputs; i += threads) {
      const int lane = i & (lanes - 1);
      const int px = (i >> log_c) & ((1 << log_w) - 1), py = i >> (log_c + log_w);
      if (c0 + lane >= g.c || ox0 + px >= g.wo || oy0 + py >= g.ho) continue;
      const int rx = shift_x + px * DownX, ry = shift_y + py * DownY;
      const int first_x = -rx & (UpX - 1), first_y = -ry & (UpY - 1);
      Acc sum = 0;
      for (int ky = first_y; ky < int(g.fh); ky += UpY) {
        const int row = (ry + ky) / UpY * in_w;
        for (int kx = first_x; kx < int(g.fw); kx += UpX) {
          const Acc v = tile[((row + (rx + kx) / UpX) << log_c) + lane];
          const Acc k = filter[ky * int(g.fw) + kx];
          sum += v * k;
        }
      }
      y[((b * g.ho + oy0 + py) * g.wo + ox0 + px) * g.c + c0 + lane] = T(sum);
    }
  }
};

// Tiles for the plain kernel's work; false where a tile does not fit into 48 KiB.
template <class T, int UpX, int UpY, int DownX, int DownY>
bool upfirdn_tiles(const Upfirdn<T>& plain, UpfirdnTiles<T, UpX, UpY, DownX, DownY>& tiles) {
  static_assert(sizeof(acc_t<T>) == 4);
  const UpfirdnGeometry& g = plain.g;
  if (g.up_x != UpX || g.up_y != UpY || g.down_x != DownX || g.down_y != DownY) return false;
  if (g.fw > 64 || g.fh > 64) return false;
  tiles.g = g;
  tiles.x = plain.x;
  tiles.f = plain.f;
  tiles.y = plain.y;
  tiles.log_c = 0;
  while (tiles.log_c < 5 && (int64_t{1} << tiles.log_c) < g.c) ++tiles.log_c;
  tiles.log_w = tiles.log_h = 4;
  while (tiles.log_w > 0 && (int64_t{1} << (tiles.log_w - 1)) >= g.wo) --tiles.log_w;
  while (tiles.log_h > 0 && (int64_t{1} << (tiles.log_h - 1)) >= g.ho) --tiles.log_h;
  for (;;) {
    tiles.in_w = int((((int64_t{1} << tiles.log_w) - 1) * DownX + g.fw - 1) / UpX + 1);
    tiles.in_h = int((((int64_t{1} << tiles.log_h) - 1) * DownY + g.fh - 1) / UpY + 1);
    if (tiles.shared_bytes() <= (48 << 10)) return true;
    // A filter along one axis only needs no neighbours along the other.
    int& longer = tiles.in_h > tiles.in_w ? tiles.log_h : tiles.log_w;
    int& other = tiles.in_h > tiles.in_w ? tiles.log_w : tiles.log_h;
    if (longer > 0) {
      --longer;
    } else if (other > 0) {
      --other;
    } else {
      return false;
    }
  }
}

}  // namespace sgan::kernels
