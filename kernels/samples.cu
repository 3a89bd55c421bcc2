#include "kernels/launch_cuda.cuh"
#include "kernels/samples.inl"

#include "kernels/samples.list"
