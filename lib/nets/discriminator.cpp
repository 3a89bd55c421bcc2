#include "lib/nets/discriminator.hpp"

#include <nlohmann/json.hpp>

#include "lib/nets/families.hpp"

namespace sgan::nets {
namespace {

std::unique_ptr<Discriminator> make(Family family, const nlohmann::json& args, Weights weights) {
  try {
    if (family == Family::progan || family == Family::stylegan1) {
      return make_progressive_discriminator(family, args, std::move(weights));
    }
    return make_stylegan2_discriminator(args, std::move(weights));
  } catch (const nlohmann::json::exception& e) {
    fail("the model's settings: ", e.what());
  }
}

}  // namespace

std::unique_ptr<Discriminator> make_discriminator(Family family, const nlohmann::json& args,
                                                  const TensorMap& tensors, rt::Device device,
                                                  rt::DType type, bool trainable) {
  return make(family, args, Weights(tensors, device, type, "", trainable));
}

std::map<std::string, rt::Shape> discriminator_shapes(Family family, const nlohmann::json& args) {
  std::map<std::string, rt::Shape> shapes;
  make(family, args, Weights::recording(shapes));
  return shapes;
}

}  // namespace sgan::nets
