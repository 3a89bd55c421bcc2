#include "kernels/upfirdn2d.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/upfirdn2d.list"
