#include "kernels/modulation.inl"

#include "kernels/launch_cuda.cuh"

#include "kernels/modulation.list"
