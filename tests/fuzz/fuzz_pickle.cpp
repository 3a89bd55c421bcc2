// Network pickles of any kind: bytes in, an imported model or an Error out.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/io/import/import.hpp"
#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/text.hpp"
#include "lib/io/pickle/torch_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sgan::io;
  const std::string_view data(reinterpret_cast<const char*>(bytes), size);
  try {
    import_network(data, "fuzz");
  } catch (const sgan::Error&) {
  }
  try {  // also what is no network, down to every leaf
    const pickle::Tree tree = pickle::parse(data, "fuzz");
    pickle::to_json(tree.root()).dump();
    pickle::Budget budget(size);
    pickle::TensorReader reader(budget, nullptr);
    pickle::contents(tree.root(), reader);
  } catch (const sgan::Error&) {
  }
  return 0;
}
