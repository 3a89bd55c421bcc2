#include "lib/train/starting_point.hpp"

#include "lib/io/import/import.hpp"
#include "lib/io/model.hpp"
#include "lib/io/source.hpp"

namespace sgan::train {
namespace {

StartingPoint from_foreign(const std::string& path) {
  const auto source = io::open_input(path);
  const std::string data = source->read_all(size_t{1} << 36);
  const io::ImportedModel model = io::import_network(data, path);
  const auto take = [&](const char* role) {
    const auto found = model.networks.find(role);
    return found == model.networks.end() ? nets::TensorMap() : found->second;
  };
  return {model.family, take("G"), take("D"), take("G_ema")};
}

}  // namespace

StartingPoint read_starting_point(const std::string& path) {
  const std::string first(io::open_input(path)->peek(16));
  const bool ours = first.size() > 8 && (first.starts_with("\x28\xb5\x2f\xfd") || first[8] == '{');
  StartingPoint p;
  if (ours) {
    const io::ModelFile file(path);
    file.require_generator();
    p.architecture = file.settings().architecture;
    for (auto& [role, tensors] :
         {std::pair<const char*, nets::TensorMap*>{"G", &p.g}, {"D", &p.d}, {"G_ema", &p.g_ema}}) {
      if (file.has(role)) *tensors = file.network(role);
    }
  } else {
    p = from_foreign(path);
  }
  if (p.g.empty()) p.g = p.g_ema;
  if (p.g_ema.empty()) p.g_ema = p.g;
  check(!p.g.empty(), path, ": holds no generator to start from");
  return p;
}

}  // namespace sgan::train
