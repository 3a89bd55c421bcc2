// PyTorch's files: zip archives, the older format, TorchScript.
#include "fuzz.hpp"
#include "lib/io/import/import.hpp"
#include "lib/io/pickle/torch_file.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto data = fuzz::text(bytes, size);
  fuzz::survive([&] { io::pickle::read_torch_file(data, "fuzz"); });
  fuzz::survive([&] { io::import_network(data, "fuzz", io::Wanted::any); });
  return 0;
}
