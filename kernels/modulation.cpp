#include "kernels/modulation.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/modulation.list"
