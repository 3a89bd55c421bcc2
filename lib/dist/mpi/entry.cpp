#include "lib/dist/mpi/entry.hpp"

#include <mpi.h>

#include <climits>
#include <cstdio>

namespace {

MPI_Comm data_channel = MPI_COMM_NULL, gather_channel = MPI_COMM_NULL;

int result(int code, const char* what, char* message, size_t room) {
  if (code == MPI_SUCCESS) return 0;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  std::snprintf(message, room, "MPI: %s: %s", what, text);
  for (char* c = message; *c; ++c) {
    if (*c == '\n') *c = ' ';
  }
  return 1;
}

int too_large(char* message, size_t room) {
  std::snprintf(message, room, "MPI: more than 2^31 values in one exchange");
  return 1;
}

int start(int* rank, int* size, char* message, size_t room) {
  int ready = 0, threads = 0;
  MPI_Initialized(&ready);
  // The main thread alone calls MPI.
  int code = ready ? MPI_SUCCESS : MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &threads);
  if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &data_channel);  // with the handler
  if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &gather_channel);
  if (code == MPI_SUCCESS) code = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  if (code == MPI_SUCCESS) code = MPI_Comm_size(MPI_COMM_WORLD, size);
  return result(code, "start", message, room);
}

int begun(int code, MPI_Request* handle, void** request, const char* what, char* message,
          size_t room) {
  *request = handle;
  if (code == MPI_SUCCESS) return 0;
  delete handle;
  *request = nullptr;
  return result(code, what, message, room);
}

int gather(const void* mine, void* all, int64_t bytes, void** request, char* message, size_t room) {
  if (bytes > INT_MAX) return too_large(message, room);
  auto* handle = new MPI_Request;
  return begun(
      MPI_Iallgather(mine, int(bytes), MPI_BYTE, all, int(bytes), MPI_BYTE, gather_channel, handle),
      handle, request, "gather", message, room);
}

int sum(void* data, int64_t count, int type, void** request, char* message, size_t room) {
  if (count > INT_MAX) return too_large(message, room);
  auto* handle = new MPI_Request;
  return begun(MPI_Iallreduce(MPI_IN_PLACE, data, int(count),
                              type == SGAN_MPI_DOUBLE ? MPI_DOUBLE : MPI_FLOAT, MPI_SUM,
                              data_channel, handle),
               handle, request, "sum", message, room);
}

int broadcast(void* data, int64_t bytes, int root, void** request, char* message, size_t room) {
  if (bytes > INT_MAX) return too_large(message, room);
  auto* handle = new MPI_Request;
  return begun(MPI_Ibcast(data, int(bytes), MPI_BYTE, root, data_channel, handle), handle, request,
               "broadcast", message, room);
}

int test(void** request, int* done, char* message, size_t room) {
  auto* handle = static_cast<MPI_Request*>(*request);
  const int code = MPI_Test(handle, done, MPI_STATUS_IGNORE);
  if (code == MPI_SUCCESS && !*done) return 0;
  delete handle;
  *request = nullptr;
  return result(code, "exchange", message, room);
}

void finish() {
  int over = 0;
  MPI_Finalized(&over);
  if (over) return;
  MPI_Comm_free(&data_channel);
  MPI_Comm_free(&gather_channel);
  MPI_Finalize();
}

const SganMpi functions{start, gather, sum, broadcast, test, finish};

}  // namespace

extern "C" const SganMpi* sgan_mpi_entry(int version) {
  return version == kSganMpiVersion ? &functions : nullptr;
}
