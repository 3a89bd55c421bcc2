#include "kernels/layout.inl"

#include "kernels/cpu/layout-inl.hpp"

#include "kernels/layout.list"
