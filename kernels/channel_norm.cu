#include "kernels/launch_cuda.cuh"
#include "kernels/channel_norm.inl"

#include "kernels/channel_norm.list"
