#include "lib/nets/generator.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "lib/nets/families.hpp"
#include "lib/nets/mapping.hpp"

namespace sgan::nets {
namespace {

struct Row {
  std::string_view name;
  GeneratorInfo (*info)(const nlohmann::json&);
  std::unique_ptr<Generator> (*make)(const nlohmann::json&, Weights);
  ShapeMap (*shapes)(const nlohmann::json&);
};

const Row& row(Family family) {
  static constexpr std::array<Row, 4> rows{{
      {"progan", progan_info, make_progan, progan_shapes},
      {"stylegan1", stylegan1_info, make_stylegan1, stylegan1_shapes},
      {"stylegan2", stylegan2_info, make_stylegan2, stylegan2_shapes},
      {"stylegan3", stylegan3_info, make_stylegan3, stylegan3_shapes},
  }};
  return rows[size_t(family)];
}

}  // namespace

Family parse_family(std::string_view name) {
  for (Family f : {Family::progan, Family::stylegan1, Family::stylegan2, Family::stylegan3}) {
    if (row(f).name == name) return f;
  }
  fail("architecture '", name, "' is not one of progan, stylegan1, stylegan2, stylegan3");
}

std::string_view name_of(Family family) { return row(family).name; }

GeneratorInfo generator_info(Family family, const nlohmann::json& args) {
  try {
    return row(family).info(args);
  } catch (const nlohmann::json::exception& e) {
    fail("the model's settings: ", e.what());
  }
}

std::unique_ptr<Generator> make_generator(Family family, const nlohmann::json& args,
                                          const TensorMap& tensors, rt::Device device,
                                          rt::DType type, bool trainable) {
  try {
    return row(family).make(args, Weights(tensors, device, type, "", trainable));
  } catch (const nlohmann::json::exception& e) {
    fail("the model's settings: ", e.what());
  }
}

std::map<std::string, rt::Shape> generator_shapes(Family family, const nlohmann::json& args) {
  return row(family).shapes(args);
}

bool mapping_needs_whole(Family family) {
  return family == Family::progan || family == Family::stylegan1;
}

namespace {

class MappingOnly : public Generator {
 public:
  MappingOnly(GeneratorInfo info, const nlohmann::json& args, Weights weights)
      : weights_(std::move(weights)) {
    info_ = std::move(info);
    const auto kwargs = args.find("mapping_kwargs");
    const int layers = info_.family == Family::stylegan3 ? 2 : 8;
    mapping_ =
        Mapping(MappingSettings::from(
                    kwargs == args.end() || kwargs->is_null() ? nlohmann::json::object() : *kwargs,
                    info_.z_dim, info_.c_dim, info_.w_dim, layers, true),
                weights_);
    info_.has_average = mapping_.average().defined();
  }
  ag::Var map(const ag::Var& z, const ag::Var& labels, double psi, int cutoff) const override {
    return truncate(mapping_(z, labels), mapping_.average(), info_.num_ws, psi, cutoff);
  }
  ag::Var synthesize(const ag::Var&, const SynthesisOptions&) const override {
    fail("only the mapping network was loaded");
  }
  rt::Tensor mean_w() const override {
    return mapping_.average().defined() ? mapping_.average().value() : rt::Tensor();
  }
  const std::map<std::string, ag::Var>& parameters() const override { return weights_.used(); }

 private:
  Weights weights_;
  Mapping mapping_;
};

}  // namespace

std::unique_ptr<Generator> make_mapping(Family family, const nlohmann::json& args,
                                        const TensorMap& tensors, rt::Device device) {
  if (mapping_needs_whole(family)) return make_generator(family, args, tensors, device);
  try {
    return std::make_unique<MappingOnly>(generator_info(family, args), args,
                                         Weights(tensors, device, rt::DType::f32));
  } catch (const nlohmann::json::exception& e) {
    fail("the model's settings: ", e.what());
  }
}

}  // namespace sgan::nets
