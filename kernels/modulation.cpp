#include "kernels/modulation.inl"

#include "kernels/cpu/modulation-inl.hpp"

#include "kernels/modulation.list"
