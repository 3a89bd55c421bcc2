#include "kernels/launch_cuda.cuh"
#include "kernels/pixels.inl"

SGAN_INSTANTIATE(sgan::kernels::PixelsToU8);
