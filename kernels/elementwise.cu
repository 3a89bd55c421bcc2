#include "kernels/elementwise.inl"

#include "kernels/launch_cuda.cuh"

#include "kernels/elementwise.list"
