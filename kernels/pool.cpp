#include "kernels/pool.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/pool.list"
