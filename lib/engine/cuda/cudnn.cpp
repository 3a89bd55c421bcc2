// Convolutions by cuDNN, channels last. The algorithm of each geometry is chosen once and kept.
#if defined(SGAN_CUDA)

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "kernels/layout.inl"
#include "lib/engine/cuda/cuda_engine.hpp"
#include "lib/engine/cuda/cudnn_api.hpp"
#include "lib/engine/cuda/symmetric.hpp"
#include "lib/engine/precision.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::engine::cuda {
namespace {

using rt::DType;
using rt::Tensor;

cudnnHandle_t handle_of(rt::Device device) {
  static std::mutex mutex;
  static std::map<int, cudnnHandle_t> handles;  // never destroyed: CUDA may be gone at exit
  std::lock_guard lock(mutex);
  auto& handle = handles[device.index];
  if (!handle) {
    void* stream = rt::stream_of(device);  // makes the device current
    cudnn().must(cudnn().cudnnCreate(&handle), "create handle");
    cudnn().must(cudnn().cudnnSetStream(handle, static_cast<cudaStream_t>(stream)), "set stream");
  }
  return handle;
}

cudnnDataType_t data_type(DType type) {
  switch (type) {
    case DType::f16:
      return CUDNN_DATA_HALF;
    case DType::bf16:
      return CUDNN_DATA_BFLOAT16;
    default:
      return CUDNN_DATA_FLOAT;
  }
}

struct Descriptors {
  TensorDescriptor x, y;
  FilterDescriptor weight;
  ConvolutionDescriptor convolution;

  Descriptors(const ConvGeometry& g, DType type) {
    const auto t = data_type(type);
    const auto set = [&](cudnnTensorDescriptor_t d, int64_t h, int64_t w, int64_t c) {
      cudnn().must(cudnn().cudnnSetTensor4dDescriptor(d, CUDNN_TENSOR_NHWC, t, int(g.n), int(c),
                                                      int(h), int(w)),
                   "describe tensor");
    };
    set(x, g.h, g.w, g.ci);
    set(y, g.ho, g.wo, g.co);
    cudnn().must(cudnn().cudnnSetFilter4dDescriptor(weight, t, CUDNN_TENSOR_NHWC, int(g.co),
                                                    int(g.ci / g.groups), int(g.kh), int(g.kw)),
                 "describe weight");
    cudnn().must(cudnn().cudnnSetConvolution2dDescriptor(convolution, int(g.pad_y), int(g.pad_x),
                                                         int(g.stride_y), int(g.stride_x), 1, 1,
                                                         CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                 "describe convolution");
    cudnn().must(cudnn().cudnnSetConvolutionGroupCount(convolution, int(g.groups)), "set groups");
    const bool exact = type == DType::f32 && !precision().tf32;
    cudnn().must(cudnn().cudnnSetConvolutionMathType(convolution,
                                                     exact ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH),
                 "set precision");
  }
};

// The three members of the family: how cuDNN calls what we need of each. The order of the operands
// is x, weight, y in all of them, whichever of the three is the result.
struct Operands {
  void *x, *weight, *y;
};

struct Forward {
  using Perf = cudnnConvolutionFwdAlgoPerf_t;
  static constexpr int64_t id = 0;
  static cudnnStatus_t ask(cudnnHandle_t h, const Descriptors& d, int most, int* found, Perf* p) {
    return cudnn().cudnnGetConvolutionForwardAlgorithm_v7(h, d.x, d.weight, d.convolution, d.y,
                                                          most, found, p);
  }
  static cudnnStatus_t time(cudnnHandle_t h, const Descriptors& d, const Operands& o, int most,
                            int* found, Perf* p, void* space, size_t bytes) {
    return cudnn().cudnnFindConvolutionForwardAlgorithmEx(
        h, d.x, o.x, d.weight, o.weight, d.convolution, d.y, o.y, most, found, p, space, bytes);
  }
  static cudnnStatus_t run(cudnnHandle_t h, const Descriptors& d, const Operands& o, const Perf& p,
                           void* space, size_t bytes) {
    const float one = 1, zero = 0;
    return cudnn().cudnnConvolutionForward(h, &one, d.x, o.x, d.weight, o.weight, d.convolution,
                                           p.algo, space, bytes, &zero, d.y, o.y);
  }
};

struct DataGradient {
  using Perf = cudnnConvolutionBwdDataAlgoPerf_t;
  static constexpr int64_t id = 1;
  static cudnnStatus_t ask(cudnnHandle_t h, const Descriptors& d, int most, int* found, Perf* p) {
    return cudnn().cudnnGetConvolutionBackwardDataAlgorithm_v7(h, d.weight, d.y, d.convolution, d.x,
                                                               most, found, p);
  }
  static cudnnStatus_t time(cudnnHandle_t h, const Descriptors& d, const Operands& o, int most,
                            int* found, Perf* p, void* space, size_t bytes) {
    return cudnn().cudnnFindConvolutionBackwardDataAlgorithmEx(
        h, d.weight, o.weight, d.y, o.y, d.convolution, d.x, o.x, most, found, p, space, bytes);
  }
  static cudnnStatus_t run(cudnnHandle_t h, const Descriptors& d, const Operands& o, const Perf& p,
                           void* space, size_t bytes) {
    const float one = 1, zero = 0;
    return cudnn().cudnnConvolutionBackwardData(h, &one, d.weight, o.weight, d.y, o.y,
                                                d.convolution, p.algo, space, bytes, &zero, d.x,
                                                o.x);
  }
};

struct WeightGradient {
  using Perf = cudnnConvolutionBwdFilterAlgoPerf_t;
  static constexpr int64_t id = 2;
  static cudnnStatus_t ask(cudnnHandle_t h, const Descriptors& d, int most, int* found, Perf* p) {
    return cudnn().cudnnGetConvolutionBackwardFilterAlgorithm_v7(h, d.x, d.y, d.convolution,
                                                                 d.weight, most, found, p);
  }
  static cudnnStatus_t time(cudnnHandle_t h, const Descriptors& d, const Operands& o, int most,
                            int* found, Perf* p, void* space, size_t bytes) {
    return cudnn().cudnnFindConvolutionBackwardFilterAlgorithmEx(
        h, d.x, o.x, d.y, o.y, d.convolution, d.weight, o.weight, most, found, p, space, bytes);
  }
  static cudnnStatus_t run(cudnnHandle_t h, const Descriptors& d, const Operands& o, const Perf& p,
                           void* space, size_t bytes) {
    const float one = 1, zero = 0;
    return cudnn().cudnnConvolutionBackwardFilter(h, &one, d.x, o.x, d.y, o.y, d.convolution,
                                                  p.algo, space, bytes, &zero, d.weight, o.weight);
  }
};

constexpr size_t max_workspace = size_t{1} << 30;

Tensor workspace(size_t bytes, rt::Device device) {
  return Tensor({int64_t(std::max<size_t>(bytes, 1))}, DType::u8, device);
}

// Candidates, the best first.
template <class Member>
std::vector<typename Member::Perf> candidates(cudnnHandle_t handle, const Descriptors& d,
                                              const Operands& o, rt::Device device) {
  using Perf = typename Member::Perf;
  std::array<Perf, 16> list;
  int found = 0;
  cudnnStatus_t status;
  if (precision().find_fastest) {
    const size_t bytes = std::min(max_workspace, rt::memory_available(device) / 4);
    const Tensor space = workspace(bytes, device);
    status = Member::time(handle, d, o, int(list.size()), &found, list.data(), space.bytes_data(),
                          bytes);
  } else {
    status = Member::ask(handle, d, int(list.size()), &found, list.data());
  }
  if (status != CUDNN_STATUS_SUCCESS) found = 0;
  const auto end = list.begin() + found;
  std::vector<Perf> good;
  std::copy_if(list.begin(), end, std::back_inserter(good), [](const Perf& p) {
    return p.status == CUDNN_STATUS_SUCCESS && p.memory <= max_workspace;
  });
  if (precision().deterministic) {
    std::stable_partition(good.begin(), good.end(),
                          [](const Perf& p) { return p.determinism == CUDNN_DETERMINISTIC; });
    while (!good.empty() && good.front().determinism == CUDNN_DETERMINISTIC &&
           good.back().determinism != CUDNN_DETERMINISTIC) {
      good.pop_back();
    }
  }
  return good;
}

using Key = std::array<int64_t, 20>;

Key key_of(const ConvGeometry& g, DType type, rt::Device device) {
  const Precision& p = precision();
  return {g.n,           g.h,      g.w,           g.ci,         g.co,       g.kh,
          g.kw,          g.ho,     g.wo,          g.stride_y,   g.stride_x, g.pad_y,
          g.pad_x,       g.groups, int64_t(type), device.index, p.tf32,     p.deterministic,
          p.find_fastest};
}

// False when no algorithm of cuDNN takes the geometry.
template <class Member>
bool convolve(const ConvGeometry& g, DType type, rt::Device device, const Operands& o) {
  using Perf = typename Member::Perf;
  struct Choice {
    bool any;
    Perf perf;
  };
  static std::mutex mutex;
  static auto& choices = *new std::map<Key, Choice>;

  const cudnnHandle_t handle = handle_of(device);
  const Descriptors d(g, type);
  const auto run = [&](const Perf& p) {
    const Tensor space = workspace(p.memory, device);
    return Member::run(handle, d, o, p, space.bytes_data(), p.memory);
  };
  std::lock_guard lock(mutex);
  const Key key = key_of(g, type, device);
  if (const auto known = choices.find(key); known != choices.end()) {
    if (known->second.any) cudnn().must(run(known->second.perf), "convolution");
    return known->second.any;
  }
  for (const Perf& p : candidates<Member>(handle, d, o, device)) {
    if (run(p) == CUDNN_STATUS_SUCCESS) {
      choices[key] = {true, p};
      return true;
    }
  }
  choices[key] = {false, {}};
  return false;
}

bool small_enough(const ConvGeometry& g) {
  constexpr int64_t most = int64_t{1} << 31;
  return g.n * g.h * g.w * g.ci < most && g.n * g.ho * g.wo * g.co < most &&
         g.co * g.kh * g.kw * g.ci < most && g.n * g.h * g.w * g.ci > 0 &&
         g.n * g.ho * g.wo * g.co > 0;
}

// to[y, x] = from[y - shift_y, x - shift_x], zeros outside.
void shifted_copy(const Tensor& from, Tensor& to, int64_t shift_y, int64_t shift_x) {
  rt::dispatch_floating(to.dtype(), [&]<class T>(T) {
    kernels::StridedCopy<T> copy{};
    copy.rank = 4;
    const auto strides = from.shape().strides();
    for (int a = 0; a < 4; ++a) {
      copy.size[a] = to.size(a);
      copy.limit[a] = from.size(a);
      copy.stride[a] = strides[size_t(a)];
    }
    copy.shift[1] = shift_y;
    copy.shift[2] = shift_x;
    copy.x = from.data<T>();
    copy.y = to.data<T>();
    rt::launch(to.device(), to.numel(), copy);
  });
}

Tensor padded_picture(const Symmetric& s, const Tensor& x) {
  Tensor padded({s.g.n, s.g.h, s.g.w, s.g.ci}, x.dtype(), x.device());
  shifted_copy(x, padded, s.shift_y, s.shift_x);
  return padded;
}

}  // namespace

void load_cudnn() { cudnn(); }

bool supports(const Tensor& t) {
  return t.device().is_cuda() &&
         (t.dtype() == DType::f32 || t.dtype() == DType::f16 || t.dtype() == DType::bf16);
}

bool forward(const ConvGeometry& g, const Tensor& x, const Tensor& weight, Tensor& y) {
  const Symmetric s = symmetric(g);
  if (!small_enough(s.g)) return false;
  const Tensor picture = s.copied ? padded_picture(s, x) : x;
  return convolve<Forward>(s.g, x.dtype(), x.device(),
                           {picture.bytes_data(), weight.bytes_data(), y.bytes_data()});
}

bool data_gradient(const ConvGeometry& g, const Tensor& dy, const Tensor& weight, Tensor& dx) {
  const Symmetric s = symmetric(g);
  if (!small_enough(s.g)) return false;
  Tensor picture = s.copied ? Tensor({s.g.n, s.g.h, s.g.w, s.g.ci}, dx.dtype(), dx.device()) : dx;
  if (!convolve<DataGradient>(s.g, dy.dtype(), dy.device(),
                              {picture.bytes_data(), weight.bytes_data(), dy.bytes_data()})) {
    return false;
  }
  if (s.copied) shifted_copy(picture, dx, -s.shift_y, -s.shift_x);
  return true;
}

bool weight_gradient(const ConvGeometry& g, const Tensor& x, const Tensor& dy, Tensor& dweight) {
  const Symmetric s = symmetric(g);
  if (!small_enough(s.g)) return false;
  const Tensor picture = s.copied ? padded_picture(s, x) : x;
  return convolve<WeightGradient>(s.g, x.dtype(), x.device(),
                                  {picture.bytes_data(), dweight.bytes_data(), dy.bytes_data()});
}

}  // namespace sgan::engine::cuda

#endif
