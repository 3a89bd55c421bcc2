// The CUDA runtime as the rest of lib/rt sees it; without CUDA in the build every call fails with
// an Error that says so, and count() is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sgan::rt::cuda {

int count();                              // usable GPUs; 0 without driver
std::string why_unusable();               // reason when count() is 0
std::string describe(int index);          // name, compute capability, memory
void* allocate(size_t bytes, int index);  // null when there is no memory
void release(void* data, int index);
size_t memory_available(int index);
void* stream(int index);  // the one compute stream of the device
void synchronize(int index);
// direction: 0 host to device, 1 device to host, 2 device to device; waits when the host takes
// part.
void copy(void* to, const void* from, size_t bytes, int direction, int index);

// How often the host has waited for a GPU, in synchronize() and in copies to or from it.
int64_t waits();

// Work queued on the stream between the two is recorded, not run; a copy that the host takes part
// in is an Error meanwhile. end_capture() gives a graph that launch_graph() runs again and again.
// Throws Error, with the recording given up, when something could not be recorded.
void begin_capture(int index);
void* end_capture(int index);
void abandon_capture(int index);
void launch_graph(void* graph, int index);
void destroy_graph(void* graph);

}  // namespace sgan::rt::cuda
