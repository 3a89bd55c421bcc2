#include "kernels/elementwise.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/elementwise.list"
