#include "kernels/pixels.inl"

#include "kernels/launch_cpu.inl"

SGAN_INSTANTIATE(sgan::kernels::PixelsToU8);
