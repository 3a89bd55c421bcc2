#include "kernels/launch_cuda.cuh"
#include "kernels/pool.inl"

#include "kernels/pool.list"
