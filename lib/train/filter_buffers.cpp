#include "lib/train/filter_buffers.hpp"

#include <nlohmann/json.hpp>

#include "lib/io/import/settings.hpp"
#include "lib/nets/settings.hpp"
#include "lib/nets/stylegan3_layers.hpp"

namespace sgan::train {
namespace {

using nlohmann::json;

std::vector<double> taps(const json& args) {
  return nets::setting(args, "resample_filter", std::vector<double>{1, 3, 3, 1});
}

void put(nets::TensorMap& tensors, const std::string& name, const ops::Filter& filter) {
  if (filter.defined()) tensors[name] = filter.tensor();
}

}  // namespace

void add_filter_buffers(nets::TensorMap& tensors, nets::Family family, bool generator,
                        const json& args) {
  const bool later = family == nets::Family::stylegan2 || family == nets::Family::stylegan3;
  if (!later) return;
  if (!generator) {
    return io::add_discriminator_filters(tensors,
                                         taps(nets::setting(args, "block_kwargs", json::object())));
  }
  if (family == nets::Family::stylegan2) return io::add_generator_filters(tensors, taps(args));
  for (const nets::Stylegan3Layer& layer : nets::stylegan3_table(args).layers) {
    const std::string name = "synthesis." + layer.name;
    put(tensors, name + ".up_filter", layer.up_filter());
    put(tensors, name + ".down_filter", layer.down_filter());
  }
}

}  // namespace sgan::train
