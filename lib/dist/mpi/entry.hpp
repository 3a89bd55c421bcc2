// All that the toolkit asks of MPI, as plain C: libsgan-mpi alone links MPI, and is loaded only in
// processes that a launcher has started. Functions return 0, or 1 with the reason in `message`.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

enum SganMpiType { SGAN_MPI_FLOAT = 0, SGAN_MPI_DOUBLE = 1 };

struct SganMpi {
  int (*start)(int* rank, int* size, char* message, size_t room);
  // These begin; test() says when they are done, and has then set *request to null. Data stays in
  // place until then. `gather` goes on a channel of its own, and those on one channel must begin in
  // the same order on all ranks. At most 2^31 - 1 elements or bytes.
  int (*gather)(const void* mine, void* all, int64_t bytes, void** request, char* message,
                size_t room);
  int (*sum)(void* data, int64_t count, int type, void** request, char* message, size_t room);
  int (*broadcast)(void* data, int64_t bytes, int root, void** request, char* message, size_t room);
  int (*test)(void** request, int* done, char* message, size_t room);
  void (*finish)();  // waits for all ranks: only when all are well
};

typedef const SganMpi* SganMpiEntry(int version);  // null for a version it does not know
}

#define SGAN_MPI_ENTRY "sgan_mpi_entry"
constexpr int kSganMpiVersion = 1;
