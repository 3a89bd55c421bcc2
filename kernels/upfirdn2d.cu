#include "kernels/upfirdn2d.inl"

#include "kernels/launch_cuda.cuh"

#include "kernels/upfirdn2d.list"
