#include "kernels/upfirdn2d.inl"

#include "kernels/cuda/upfirdn2d_tiled.cuh"
#include "kernels/launch_cuda.cuh"

#include "kernels/upfirdn2d.list"
