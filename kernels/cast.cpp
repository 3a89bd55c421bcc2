#include "kernels/cast.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/cast.list"
