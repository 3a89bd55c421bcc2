#include "kernels/samples.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/samples.list"
