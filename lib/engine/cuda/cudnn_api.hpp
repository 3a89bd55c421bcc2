// The few functions of cuDNN that we call, loaded at first use, and its objects as C++ ones.
#pragma once

#include <cudnn.h>

#include <utility>

#include "lib/engine/cuda/library.hpp"
#include "lib/rt/error.hpp"

namespace sgan::engine::cuda {

#define SGAN_CUDNN_FUNCTIONS(X)                     \
  X(cudnnGetErrorString)                            \
  X(cudnnGetVersion)                                \
  X(cudnnCreate)                                    \
  X(cudnnSetStream)                                 \
  X(cudnnCreateTensorDescriptor)                    \
  X(cudnnDestroyTensorDescriptor)                   \
  X(cudnnSetTensor4dDescriptor)                     \
  X(cudnnCreateFilterDescriptor)                    \
  X(cudnnDestroyFilterDescriptor)                   \
  X(cudnnSetFilter4dDescriptor)                     \
  X(cudnnCreateConvolutionDescriptor)               \
  X(cudnnDestroyConvolutionDescriptor)              \
  X(cudnnSetConvolution2dDescriptor)                \
  X(cudnnSetConvolutionMathType)                    \
  X(cudnnSetConvolutionGroupCount)                  \
  X(cudnnGetConvolutionForwardAlgorithm_v7)         \
  X(cudnnGetConvolutionBackwardDataAlgorithm_v7)    \
  X(cudnnGetConvolutionBackwardFilterAlgorithm_v7)  \
  X(cudnnFindConvolutionForwardAlgorithmEx)         \
  X(cudnnFindConvolutionBackwardDataAlgorithmEx)    \
  X(cudnnFindConvolutionBackwardFilterAlgorithmEx)  \
  X(cudnnGetConvolutionForwardWorkspaceSize)        \
  X(cudnnGetConvolutionBackwardDataWorkspaceSize)   \
  X(cudnnGetConvolutionBackwardFilterWorkspaceSize) \
  X(cudnnConvolutionForward)                        \
  X(cudnnConvolutionBackwardData)                   \
  X(cudnnConvolutionBackwardFilter)

struct Cudnn {
#define SGAN_MEMBER(name) decltype(::name)* name;
  SGAN_CUDNN_FUNCTIONS(SGAN_MEMBER)
#undef SGAN_MEMBER

  Cudnn() {
    const Library library("cuDNN", {"libcudnn.so.9"});
#define SGAN_LOAD(name) library.load(name, #name);
    SGAN_CUDNN_FUNCTIONS(SGAN_LOAD)
#undef SGAN_LOAD
  }
  void must(cudnnStatus_t status, const char* what) const {
    if (status == CUDNN_STATUS_SUCCESS) return;
    fail("cuDNN: ", what, ": ", cudnnGetErrorString(status));
  }
};

inline const Cudnn& cudnn() {
  static const Cudnn functions;
  return functions;
}

// A descriptor, destroyed with its owner.
template <class D, cudnnStatus_t (*Cudnn::*Create)(D*), cudnnStatus_t (*Cudnn::*Destroy)(D)>
class Descriptor {
 public:
  Descriptor() { cudnn().must((cudnn().*Create)(&d_), "create descriptor"); }
  ~Descriptor() { (cudnn().*Destroy)(d_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator D() const { return d_; }

 private:
  D d_ = nullptr;
};

using TensorDescriptor = Descriptor<cudnnTensorDescriptor_t, &Cudnn::cudnnCreateTensorDescriptor,
                                    &Cudnn::cudnnDestroyTensorDescriptor>;
using FilterDescriptor = Descriptor<cudnnFilterDescriptor_t, &Cudnn::cudnnCreateFilterDescriptor,
                                    &Cudnn::cudnnDestroyFilterDescriptor>;
using ConvolutionDescriptor =
    Descriptor<cudnnConvolutionDescriptor_t, &Cudnn::cudnnCreateConvolutionDescriptor,
               &Cudnn::cudnnDestroyConvolutionDescriptor>;

}  // namespace sgan::engine::cuda
