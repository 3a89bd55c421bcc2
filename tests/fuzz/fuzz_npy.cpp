// NPY arrays from a hostile file; what is read must be written back as the same array.
#include "fuzz.hpp"
#include "lib/io/npy.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::survive([&] {
    io::MemorySource source(fuzz::text(data, size), "fuzz");
    const rt::Tensor tensor = io::read_npy(source);
    io::StringSink out;
    io::write_npy(out, tensor);
    io::MemorySource again(out.text, "again");
    const rt::Tensor same = io::read_npy(again);
    fuzz::require(same.shape() == tensor.shape() && same.dtype() == tensor.dtype() &&
                  std::memcmp(same.bytes_data(), tensor.bytes_data(), tensor.bytes()) == 0);
  });
  return 0;
}
