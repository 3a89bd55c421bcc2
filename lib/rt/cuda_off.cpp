// lib/rt/cuda.hpp for a build without CUDA.
#if !defined(SGAN_CUDA)

#include "lib/rt/cuda.hpp"
#include "lib/rt/error.hpp"

namespace sgan::rt::cuda {

int count() { return 0; }
std::string why_unusable() { return "this build has no CUDA"; }
std::string describe(int) { fail(why_unusable()); }
void* allocate(size_t, int) { fail(why_unusable()); }
void release(void*, int) {}
size_t memory_available(int) { fail(why_unusable()); }
void* stream(int) { fail(why_unusable()); }
void synchronize(int) { fail(why_unusable()); }
void copy(void*, const void*, size_t, int, int) { fail(why_unusable()); }
int64_t waits() { return 0; }
void begin_capture(int) { fail(why_unusable()); }
void* end_capture(int) { fail(why_unusable()); }
void abandon_capture(int) {}
void launch_graph(void*, int) { fail(why_unusable()); }
void destroy_graph(void*) {}

}  // namespace sgan::rt::cuda

#endif
