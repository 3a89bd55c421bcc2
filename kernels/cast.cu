#include "kernels/cast.inl"

#include "kernels/launch_cuda.cuh"

#include "kernels/cast.list"
