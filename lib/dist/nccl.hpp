// The part of NCCL's interface that we use, loaded at run time; the declarations are those of NCCL
// 2.10 and later (docs.nvidia.com/deeplearning/nccl/user-guide/docs/api.html), written here because
// most machines that build this have no nccl.h.
#pragma once

#include <cstddef>

#include "lib/engine/cuda/library.hpp"

namespace sgan::dist {

struct NcclId {
  char bytes[128];
};
using NcclComm = struct NcclCommOpaque*;
enum NcclResult : int { kNcclSuccess = 0, kNcclInProgress = 7 };
enum NcclType : int {
  kNcclUint8 = 1,
  kNcclFloat16 = 6,
  kNcclFloat32 = 7,
  kNcclFloat64 = 8,
  kNcclBfloat16 = 9
};
enum NcclOperation : int { kNcclAverage = 4 };

struct Nccl {
  Nccl();  // throws Error when it cannot be loaded or is too old

  int version = 0;  // 21903 is 2.19.3
  NcclResult (*get_unique_id)(NcclId*) = nullptr;
  NcclResult (*init_rank)(NcclComm*, int size, NcclId, int rank) = nullptr;
  NcclResult (*all_reduce)(const void* from, void* to, size_t count, NcclType, NcclOperation,
                           NcclComm, void* stream) = nullptr;
  NcclResult (*broadcast)(const void* from, void* to, size_t count, NcclType, int root, NcclComm,
                          void* stream) = nullptr;
  NcclResult (*async_error)(NcclComm, NcclResult*) = nullptr;
  NcclResult (*abort)(NcclComm) = nullptr;
  NcclResult (*destroy)(NcclComm) = nullptr;
  const char* (*error_string)(NcclResult) = nullptr;

 private:
  NcclResult (*get_version_)(int*) = nullptr;
  engine::cuda::Library library_;
};

}  // namespace sgan::dist
