#include "kernels/elementwise.inl"

#include "kernels/cpu/elementwise-inl.hpp"

#include "kernels/elementwise.list"
