#include "kernels/layout.inl"

#include "kernels/launch_cuda.cuh"

#include "kernels/layout.list"
