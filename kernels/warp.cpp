#include "kernels/warp.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/warp.list"
