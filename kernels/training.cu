#include "kernels/launch_cuda.cuh"
#include "kernels/training.inl"

SGAN_INSTANTIATE(sgan::kernels::AdamStep<float>);
SGAN_INSTANTIATE(sgan::kernels::AdamStep<double>);
SGAN_INSTANTIATE(sgan::kernels::RunningMean<float>);
SGAN_INSTANTIATE(sgan::kernels::RunningMean<double>);
