// The table of tiled upfirdn2d kernels: both axes at once, and the two passes of a separable
// filter.
#pragma once

#include "kernels/cuda/device_block.cuh"
#include "kernels/cuda/upfirdn2d.cuh"

namespace sgan::kernels {

template <int UpX, int UpY, int DownX, int DownY, class T>
bool launch_upfirdn(const Upfirdn<T>& plain, void* stream) {
  UpfirdnTiles<T, UpX, UpY, DownX, DownY> tiles;
  return upfirdn_tiles(plain, tiles) && launch_blocks(tiles, stream);
}

template <class T>
bool launch_tiled(const Upfirdn<T>& plain, void* stream) {
  return launch_upfirdn<1, 1, 1, 1>(plain, stream) || launch_upfirdn<2, 2, 1, 1>(plain, stream) ||
         launch_upfirdn<1, 1, 2, 2>(plain, stream) || launch_upfirdn<2, 1, 1, 1>(plain, stream) ||
         launch_upfirdn<1, 2, 1, 1>(plain, stream) || launch_upfirdn<1, 1, 2, 1>(plain, stream) ||
         launch_upfirdn<1, 1, 1, 2>(plain, stream);
}

inline bool launch_tiled(const Upfirdn<double>&, void*) { return false; }

}  // namespace sgan::kernels
