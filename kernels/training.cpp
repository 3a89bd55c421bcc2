#include "kernels/training.inl"

#include "kernels/launch_cpu.inl"

SGAN_INSTANTIATE(sgan::kernels::AdamStep<float>);
SGAN_INSTANTIATE(sgan::kernels::AdamStep<double>);
SGAN_INSTANTIATE(sgan::kernels::RunningMean<float>);
SGAN_INSTANTIATE(sgan::kernels::RunningMean<double>);
