// A safetensors file, bare or compressed; what is read must be written back as the same tensors.
#include "fuzz.hpp"
#include "lib/io/safetensors.hpp"

using namespace sgan;

namespace {

void check_same(const io::TensorMap& a, const io::TensorMap& b) {
  fuzz::require(a.size() == b.size());
  for (const auto& [name, tensor] : a) {
    const rt::Tensor& other = b.at(name);
    fuzz::require(other.shape() == tensor.shape() && other.dtype() == tensor.dtype() &&
                  std::memcmp(other.bytes_data(), tensor.bytes_data(), tensor.bytes()) == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::survive([&] {
    const io::SafetensorsFile file(fuzz::text(data, size), "fuzz");
    if (!fuzz::is_small(file)) return;
    const io::TensorMap tensors = file.read_all();
    for (const auto& [name, tensor] : tensors)
      check_same({{name, tensor}}, {{name, file.read(name)}});
    file.sha256("hash");
    for (const bool compress : {false, true}) {
      io::StringSink out;
      io::write_safetensors(out, tensors, file.metadata(), {.compress = compress});
      const io::SafetensorsFile again(out.text, "again");
      check_same(tensors, again.read_all());
      fuzz::require(again.metadata() == file.metadata());
    }
  });
  return 0;
}
