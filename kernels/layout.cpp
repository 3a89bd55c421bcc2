#include "kernels/layout.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/layout.list"
