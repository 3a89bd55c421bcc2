#include "kernels/launch_cuda.cuh"
#include "kernels/philox.inl"

SGAN_INSTANTIATE(sgan::kernels::PhiloxNormal);
