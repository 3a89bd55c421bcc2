#include "kernels/layout.inl"

#include "kernels/cuda/layout_tiled.cuh"
#include "kernels/launch_cuda.cuh"

#include "kernels/layout.list"
