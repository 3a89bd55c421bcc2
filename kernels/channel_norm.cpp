#include "kernels/channel_norm.inl"

#include "kernels/launch_cpu.inl"

#include "kernels/channel_norm.list"
