// A kernel is a functor with `SGAN_HD void operator()(int64_t i) const`, written once in an .inl
// file and instantiated for the CPU in a .cpp (launch_cpu.inl) and for CUDA in a .cu
// (launch_cuda.cuh).
#pragma once

#include <cstdint>

namespace sgan::kernels {

// Runs f(i) for i in [0, n) on all cores.
template <class F>
void launch_cpu(int64_t n, const F& f);

// Whether CUDA launches prefer tiled kernels (kernels/cuda) to the plain ones; for tests and
// benchmarks that compare the two.
inline bool tiled_kernels = true;

// Queues f(i) for i in [0, n) on a CUDA stream; throws std::runtime_error when the launch fails.
template <class F>
void launch_cuda(int64_t n, const F& f, void* stream);

}  // namespace sgan::kernels
