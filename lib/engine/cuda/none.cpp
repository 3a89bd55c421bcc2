// lib/engine/cuda for a build without CUDA.
#if !defined(SGAN_CUDA)

#include "lib/engine/cuda/cuda_engine.hpp"

namespace sgan::engine::cuda {

void load_cudnn() { fail("this build has no CUDA"); }
void load_cublas() { fail("this build has no CUDA"); }
bool supports(const rt::Tensor&) { return false; }
bool forward(const ConvGeometry&, const rt::Tensor&, const rt::Tensor&, rt::Tensor&) {
  return false;
}
bool data_gradient(const ConvGeometry&, const rt::Tensor&, const rt::Tensor&, rt::Tensor&) {
  return false;
}
bool weight_gradient(const ConvGeometry&, const rt::Tensor&, const rt::Tensor&, rt::Tensor&) {
  return false;
}
bool matmul(const rt::Tensor&, bool, const rt::Tensor&, bool, rt::Tensor&) { return false; }

}  // namespace sgan::engine::cuda

#endif
