// lib/rt/cuda.hpp on the CUDA runtime.
#if defined(SGAN_CUDA)

#include <cuda_runtime_api.h>

#include <array>
#include <atomic>
#include <mutex>

#include "lib/rt/cuda.hpp"
#include "lib/rt/error.hpp"

namespace sgan::rt::cuda {
namespace {

constexpr int max_devices = 16;

void must(cudaError_t code, const char* what) {
  check(code == cudaSuccess, "CUDA: ", what, ": ", cudaGetErrorString(code));
}

std::atomic<int64_t> host_waits{0};
thread_local bool capturing = false;

void use(int index) { must(cudaSetDevice(index), "select device"); }

struct Found {
  int count = 0;
  std::string reason;
};

const Found& found() {
  static const Found result = [] {
    Found f;
    const cudaError_t code = cudaGetDeviceCount(&f.count);
    if (code != cudaSuccess) {
      f = {0, cat("no usable GPU (", cudaGetErrorString(code), "); use cpu")};
      cudaGetLastError();  // the probe's failure must not show up in a later check
    } else if (f.count == 0) {
      f.reason = "no GPU found; use cpu";
    }
    return f;
  }();
  return result;
}

}  // namespace

int count() { return found().count; }
std::string why_unusable() { return found().reason; }

std::string describe(int index) {
  cudaDeviceProp p{};
  must(cudaGetDeviceProperties(&p, index), "read device properties");
  return cat(p.name, ", sm_", p.major, p.minor, ", ", p.totalGlobalMem >> 20, " MiB");
}

void* allocate(size_t bytes, int index) {
  use(index);
  void* data = nullptr;
  const cudaError_t code = cudaMalloc(&data, bytes);
  if (code == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  must(code, "allocate");
  return data;
}

void release(void* data, int index) {
  if (cudaSetDevice(index) == cudaSuccess) cudaFree(data);
}

size_t memory_available(int index) {
  use(index);
  size_t available = 0, total = 0;
  must(cudaMemGetInfo(&available, &total), "read free memory");
  return available;
}

void* stream(int index) {
  static std::array<std::once_flag, max_devices> once;
  static std::array<cudaStream_t, max_devices> streams{};
  check(index < max_devices, "more than ", max_devices, " GPUs in one process");
  use(index);
  std::call_once(once[size_t(index)], [&] {
    must(cudaStreamCreateWithFlags(&streams[size_t(index)], cudaStreamNonBlocking),
         "create stream");
  });
  return streams[size_t(index)];
}

void synchronize(int index) {
  ++host_waits;
  must(cudaStreamSynchronize(static_cast<cudaStream_t>(stream(index))), "finish queued work");
}

void copy(void* to, const void* from, size_t bytes, int direction, int index) {
  constexpr cudaMemcpyKind kinds[] = {cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost,
                                      cudaMemcpyDeviceToDevice};
  const auto queue = static_cast<cudaStream_t>(stream(index));
  check(direction == 2 || !capturing, "CUDA: a copy between host and GPU inside a recorded pass");
  host_waits += direction != 2;
  must(cudaMemcpyAsync(to, from, bytes, kinds[direction], queue), "copy");
  if (direction != 2) must(cudaStreamSynchronize(queue), "copy");
}

int64_t waits() { return host_waits; }

void begin_capture(int index) {
  // Relaxed: the arena may ask for memory meanwhile, which is no work of the stream.
  must(cudaStreamBeginCapture(static_cast<cudaStream_t>(stream(index)),
                              cudaStreamCaptureModeRelaxed),
       "begin to record");
  capturing = true;
}

void* end_capture(int index) {
  capturing = false;
  cudaGraph_t graph = nullptr;
  must(cudaStreamEndCapture(static_cast<cudaStream_t>(stream(index)), &graph), "record");
  cudaGraphExec_t executable = nullptr;
  const cudaError_t code = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  must(code, "prepare a recorded pass");
  return executable;
}

void abandon_capture(int index) {
  capturing = false;
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(static_cast<cudaStream_t>(stream(index)), &graph);
  if (graph) cudaGraphDestroy(graph);
  cudaGetLastError();
}

void launch_graph(void* graph, int index) {
  must(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph),
                       static_cast<cudaStream_t>(stream(index))),
       "repeat a recorded pass");
}

void destroy_graph(void* graph) {
  if (graph) cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(graph));
}

}  // namespace sgan::rt::cuda

#endif
