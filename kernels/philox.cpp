#include "kernels/philox.inl"

#include "kernels/launch_cpu.inl"

SGAN_INSTANTIATE(sgan::kernels::PhiloxNormal);
