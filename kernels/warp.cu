#include "kernels/launch_cuda.cuh"
#include "kernels/warp.inl"

#include "kernels/warp.list"
