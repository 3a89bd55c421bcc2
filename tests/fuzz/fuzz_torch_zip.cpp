// PyTorch's files: zip archives, the older format, TorchScript.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/io/import/import.hpp"
#include "lib/io/pickle/torch_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view data(reinterpret_cast<const char*>(bytes), size);
  try {
    sgan::io::pickle::read_torch_file(data, "fuzz");
  } catch (const sgan::Error&) {
  }
  try {
    sgan::io::import_network(data, "fuzz");
  } catch (const sgan::Error&) {
  }
  return 0;
}
