#include "lib/nets/classifier.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "lib/nets/progressive/settings.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/unit_channels.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using nlohmann::json;

constexpr int kMostClasses = 4096, kMostAttributes = 4096;

int outputs_of(const std::vector<Attribute>& attributes) {
  int total = 0;
  for (const Attribute& a : attributes) total += a.outputs();
  return total;
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  check(found != object.end() && found->is_string(), "the features' description has no '", key,
        "'");
  return found->get<std::string>();
}

// In one row, so that squared distances are sums over channels and means over pixels.
Var normalized_pixels(const Var& x) {
  constexpr double epsilon = 1e-10;  // as LPIPS
  const Var unit = ops::unit_channels(x, epsilon);
  const Var shared = ops::scale(unit, 1 / std::sqrt(double(x.size(1)) * double(x.size(2))));
  return ops::reshape(shared, {x.size(0), -1});
}

}  // namespace

Var class_logits(const Var& outputs, const std::vector<Attribute>& attributes, size_t attribute) {
  check(outputs.rank() == 2 && outputs.size(1) == outputs_of(attributes), "outputs of shape ",
        outputs.shape(), " for ", attributes.size(), " attributes with ", outputs_of(attributes),
        " outputs");
  int64_t begin = 0;
  for (size_t i = 0; i < attribute; ++i) begin += attributes[i].outputs();
  const Var own = ops::slice(outputs, 1, begin, begin + attributes.at(attribute).outputs());
  return own.size(1) == 1 ? ops::concat({own, ops::scale(own, -1)}, 1) : own;
}

json to_json(const std::vector<Attribute>& attributes) {
  json list = json::array();
  for (const Attribute& a : attributes) list.push_back({{"name", a.name}, {"classes", a.classes}});
  return list;
}

std::vector<Attribute> attributes_from(const json& list) {
  check(list.is_array() && !list.empty() && list.size() <= kMostAttributes,
        "the features' description has no list of attributes");
  std::vector<Attribute> attributes;
  std::set<std::string> names;
  for (const json& entry : list) {
    Attribute a;
    try {
      a = {entry.at("name").get<std::string>(),
           entry.at("classes").get<std::vector<std::string>>()};
    } catch (const json::exception&) {
      fail("an attribute is not {\"name\": ..., \"classes\": [...]}");
    }
    check(a.classes.size() >= 2 && a.classes.size() <= kMostClasses, "attribute '", a.name,
          "' has ", a.classes.size(), " classes, not from 2 to ", kMostClasses);
    check(names.insert(a.name).second, "attribute '", a.name, "' is there twice");
    attributes.push_back(std::move(a));
  }
  return attributes;
}

json classifier_args(int resolution, int channels, const std::vector<Attribute>& attributes,
                     double fmap_base, int fmap_max) {
  const int outputs = outputs_of(attributes);
  return {{"resolution", resolution},
          {"num_channels", channels},
          {"label_size", outputs == 1 ? 0 : outputs},
          {"fmap_base", fmap_base},
          {"fmap_max", fmap_max},
          {"structure", "fixed"},
          {"mbstd_group_size", 0}};
}

Classifier::Classifier(const json& features, const TensorMap& tensors, rt::Device device,
                       rt::DType type, bool trainable) {
  check(features.is_object() && text_of(features, "network") == "classifier",
        "not the description of a classifier");
  const std::string family = text_of(features, "family");
  check(family == "stylegan1", "a classifier of family '", family,
        "'; this version knows those with StyleGAN1's discriminator");
  const auto args = features.find("args"), list = features.find("attributes");
  check(args != features.end() && args->is_object(), "the features' description has no 'args'");
  attributes_ = attributes_from(list == features.end() ? json() : *list);
  const auto settings = progressive::discriminator_settings(Family::stylegan1, *args);
  resolution_ = settings.resolution;
  channels_ = settings.channels;
  const int has = std::max(settings.c_dim, 1), wants = outputs_of(attributes_);
  check(has == wants, "the network has ", has, " outputs, its attributes call for ", wants);
  net_ = make_discriminator(Family::stylegan1, *args, tensors, device, type, trainable);
}

Var Classifier::run(const Var& images,
                    const std::function<void(const std::string&, const Var&)>& probe) const {
  DiscriminatorOptions options;
  options.lod = 0;  // all of the picture, whatever the training ended with
  options.raw = true;
  options.probe = probe;
  return net_->score(images, {}, options);
}

Classifier::Judgement Classifier::judge(const Var& images) const {
  Judgement j;
  j.logits = run(images, [&](const std::string& name, const Var& x) {
    if (name == "4x4.Dense0") j.pool = x;
  });
  return j;
}

Var Classifier::embed(const Var& images) const {
  ag::Vars rows;
  run(images, [&](const std::string& name, const Var& x) {
    if (name.ends_with(".out") || name == "4x4.Conv") rows.push_back(normalized_pixels(x));
  });
  return ops::concat(rows, 1);
}

}  // namespace sgan::nets
