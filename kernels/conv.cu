#include "kernels/conv.inl"

#include "kernels/launch_cuda.cuh"

#include "kernels/conv.list"
