#include "lib/dist/nccl_communicator.hpp"

#if defined(SGAN_CUDA)

#include <cuda_runtime_api.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <set>

#include "lib/dist/nccl.hpp"

namespace sgan::dist {

Nccl::Nccl() : library_("NCCL", {"libnccl.so.2", "libnccl.so"}) {
  library_.load(get_version_, "ncclGetVersion");
  check(get_version_(&version) == kNcclSuccess && version >= 21000, "NCCL ", version,
        " is too old; 2.10 or later is needed");
  library_.load(get_unique_id, "ncclGetUniqueId");
  library_.load(init_rank, "ncclCommInitRank");
  library_.load(all_reduce, "ncclAllReduce");
  library_.load(broadcast, "ncclBroadcast");
  library_.load(async_error, "ncclCommGetAsyncError");
  library_.load(abort, "ncclCommAbort");
  library_.load(destroy, "ncclCommDestroy");
  library_.load(error_string, "ncclGetErrorString");
}

namespace {

using rt::DType;
using rt::Tensor;

void must(cudaError_t code, const char* what) {
  check(code == cudaSuccess, "CUDA: ", what, ": ", cudaGetErrorString(code));
}

NcclType type_of(DType type) {
  switch (type) {
    case DType::f16:
      return kNcclFloat16;
    case DType::f32:
      return kNcclFloat32;
    case DType::f64:
      return kNcclFloat64;
    case DType::bf16:
      return kNcclBfloat16;
    default:
      fail("an average over ranks needs floating numbers, not ", rt::name_of(type));
  }
}

std::string name_of_gpu(int index) {
  char bus[64] = "", host[256] = "";
  must(cudaDeviceGetPCIBusId(bus, sizeof bus, index), "read a GPU's address");
  gethostname(host, sizeof host - 1);
  return cat(host, " ", bus);
}

class NcclCommunicator : public MpiCommunicator {
 public:
  NcclCommunicator(const SganMpi& mpi, rt::Device device, double timeout, OnLoss on_loss)
      : MpiCommunicator(mpi, timeout, std::move(on_loss)), device_(device) {
    const std::string problem = find_nccl();
    if (!problem.empty()) {
      how_ = cat("MPI; GPU tensors through the host, because ", problem);
      return;
    }
    must(cudaSetDevice(device.index), "select device");
    must(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "create a stream");
    must(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "create an event");
    NcclId id{};
    if (rank() == 0) nccl(nccl_->get_unique_id(&id), "ncclGetUniqueId");
    std::string bytes(id.bytes, sizeof id.bytes);
    MpiCommunicator::broadcast(bytes, 0);
    std::memcpy(id.bytes, bytes.data(), sizeof id.bytes);
    NcclComm made = nullptr;
    nccl(nccl_->init_rank(&made, size(), id, rank()), "ncclCommInitRank");
    comm_ = made;
    // What waits on the GPU for a rank that is gone would wait for ever.
    watchdog().call_on_loss([this] { abort(); });
    const int v = nccl_->version;
    how_ = cat("MPI and NCCL ", v / 10000, ".", v / 100 % 100, ".", v % 100);
  }

  ~NcclCommunicator() override {
    watchdog().call_on_loss({});
    if (broken() || std::uncaught_exceptions() > 0) abort();
    if (NcclComm comm = comm_.exchange(nullptr)) nccl_->destroy(comm);
    if (event_) cudaEventDestroy(event_);
    if (stream_) cudaStreamDestroy(stream_);
  }

  void average(const Tensor& t, uint32_t tag) override {
    if (!comm_ || !t.device().is_cuda()) return MpiCommunicator::average(t, tag);
    const NcclType type = type_of(t.dtype());
    begin(Kind::device_average, tag, t.dtype(), t.numel());
    after(rt::stream_of(device_), stream_);
    nccl(nccl_->all_reduce(t.bytes_data(), t.bytes_data(), size_t(t.numel()), type, kNcclAverage,
                           comm_, stream_),
         "ncclAllReduce");
    moving_.push_back(t);
    progress();
  }

  // The GPU's later work waits for the exchange; the host waits for the other hosts only.
  void wait() override {
    finish_all();
    if (moving_.empty()) return;
    NcclResult state = kNcclSuccess;
    if (NcclComm comm = comm_) nccl_->async_error(comm, &state);
    if (state != kNcclInProgress) nccl(state, "exchange");
    after(stream_, rt::stream_of(device_));
    for (const Tensor& t : moving_) t.storage().drop_derived();
    moving_.clear();
  }

  void broadcast(const Tensor& t, int root) override {
    if (!comm_ || !t.device().is_cuda()) return MpiCommunicator::broadcast(t, root);
    begin(Kind::device_broadcast, checked(root), t.dtype(), t.numel());
    after(rt::stream_of(device_), stream_);
    nccl(nccl_->broadcast(t.bytes_data(), t.bytes_data(), t.bytes(), kNcclUint8, root, comm_,
                          stream_),
         "ncclBroadcast");
    moving_.push_back(t);
    wait();
  }
  using MpiCommunicator::broadcast;

 private:
  // Empty when all ranks can use NCCL; else why not, the same on all ranks.
  std::string find_nccl() {
    std::string problem;
    try {
      nccl_.emplace();
    } catch (const Error& e) {
      problem = e.what();
    }
    std::set<std::string> gpus;
    for (int from = 0; from < size(); ++from) {
      std::string text = !problem.empty() ? "!" + problem : name_of_gpu(device_.index);
      MpiCommunicator::broadcast(text, from);
      if (text[0] == '!') return cat("of rank ", from, ": ", text.substr(1));
      if (!gpus.insert(text).second) return cat("rank ", from, " shares its GPU with another rank");
    }
    return "";
  }

  void nccl(NcclResult result, const char* what) const {
    check(result == kNcclSuccess, "rank ", rank(), " of ", size(), ": NCCL: ", what, ": ",
          nccl_->error_string(result));
  }

  // What `later` gets from now on starts when what `earlier` has so far is done.
  void after(void* earlier, void* later) {
    must(cudaSetDevice(device_.index), "select device");
    must(cudaEventRecord(event_, static_cast<cudaStream_t>(earlier)), "record an event");
    must(cudaStreamWaitEvent(static_cast<cudaStream_t>(later), event_, 0), "wait for an event");
  }

  void abort() {
    if (NcclComm comm = comm_.exchange(nullptr)) nccl_->abort(comm);
  }

  const rt::Device device_;
  std::optional<Nccl> nccl_;
  std::atomic<NcclComm> comm_{nullptr};
  cudaStream_t stream_ = nullptr;
  cudaEvent_t event_ = nullptr;
  std::vector<Tensor> moving_;
};

}  // namespace

std::unique_ptr<Communicator> make_nccl_or_staged(const SganMpi& mpi, rt::Device device,
                                                  double timeout, OnLoss on_loss) {
  return std::make_unique<NcclCommunicator>(mpi, device, timeout, std::move(on_loss));
}

}  // namespace sgan::dist

#else

namespace sgan::dist {

std::unique_ptr<Communicator> make_nccl_or_staged(const SganMpi& mpi, rt::Device, double timeout,
                                                  OnLoss on_loss) {
  return std::make_unique<MpiCommunicator>(mpi, timeout, std::move(on_loss));
}

}  // namespace sgan::dist

#endif
