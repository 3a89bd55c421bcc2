#include "kernels/conv.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/conv.list"
