// Matrix products by cuBLAS.
#if defined(SGAN_CUDA)

#include <cublas_v2.h>

#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "lib/engine/cuda/cuda_engine.hpp"
#include "lib/engine/cuda/library.hpp"
#include "lib/engine/precision.hpp"

namespace sgan::engine::cuda {
namespace {

using rt::DType;
using rt::Tensor;

struct Cublas {
  decltype(cublasCreate_v2)* create;
  decltype(cublasSetStream_v2)* set_stream;
  decltype(cublasSetWorkspace_v2)* set_workspace;
  // Written out: the header overloads the name.
  cublasStatus_t (*gemm)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n, int k,
                         const void* alpha, const void* a, cudaDataType a_type, int lda,
                         const void* b, cudaDataType b_type, int ldb, const void* beta, void* c,
                         cudaDataType c_type, int ldc, cublasComputeType_t, cublasGemmAlgo_t);
  decltype(cublasGetStatusString)* status_string;

  Cublas() {
    const Library library("cuBLAS", {"libcublas.so.13", "libcublas.so.12"});
    library.load(create, "cublasCreate_v2");
    library.load(set_stream, "cublasSetStream_v2");
    library.load(set_workspace, "cublasSetWorkspace_v2");
    library.load(gemm, "cublasGemmEx");
    library.load(status_string, "cublasGetStatusString");
  }
  void must(cublasStatus_t status, const char* what) const {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    fail("cuBLAS: ", what, ": ", status_string(status));
  }
};

const Cublas& cublas() {
  static const Cublas functions;
  return functions;
}

// One handle a device, on the device's stream, with a workspace of its own: cuBLAS then allocates
// nothing while a graph is captured.
struct Handle {
  cublasHandle_t handle = nullptr;
  Tensor workspace;

  explicit Handle(rt::Device device) {
    rt::stream_of(device);  // makes the device current
    cublas().must(cublas().create(&handle), "create handle");
    workspace = Tensor({int64_t{32} << 20}, DType::u8, device);
    cublas().must(cublas().set_stream(handle, static_cast<cudaStream_t>(rt::stream_of(device))),
                  "set stream");
    cublas().must(cublas().set_workspace(handle, workspace.bytes_data(), workspace.bytes()),
                  "set workspace");
  }
};

cublasHandle_t handle_of(rt::Device device) {
  static std::mutex mutex;
  // Never destroyed: at exit the CUDA runtime may be gone already.
  static auto& handles = *new std::map<int, std::unique_ptr<Handle>>;
  std::lock_guard lock(mutex);
  auto& slot = handles[device.index];
  if (!slot) slot = std::make_unique<Handle>(device);
  return slot->handle;
}

cudaDataType_t data_type(DType type) {
  switch (type) {
    case DType::f16:
      return CUDA_R_16F;
    case DType::bf16:
      return CUDA_R_16BF;
    default:
      return CUDA_R_32F;
  }
}

}  // namespace

void load_cublas() { cublas(); }

bool matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, Tensor& y) {
  const int64_t m = y.size(0), n = y.size(1), k = transpose_a ? a.size(0) : a.size(1);
  constexpr int64_t most = std::numeric_limits<int>::max();
  if (m > most || n > most || k > most || k == 0) return false;
  const bool tf32 = y.dtype() == DType::f32 && precision().tf32;
  const auto compute = tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  const auto type = data_type(y.dtype());
  const float one = 1, zero = 0;
  // cuBLAS counts columns first, so it sees every matrix transposed: y^T = op(b)^T op(a)^T.
  cublas().must(cublas().gemm(handle_of(y.device()), transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                              transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, int(n), int(m), int(k), &one,
                              b.bytes_data(), type, int(transpose_b ? k : n), a.bytes_data(), type,
                              int(transpose_a ? m : k), &zero, y.bytes_data(), type, int(n),
                              compute, CUBLAS_GEMM_DEFAULT),
                "matrix product");
  return true;
}

}  // namespace sgan::engine::cuda

#endif
