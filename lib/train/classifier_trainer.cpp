#include "lib/train/classifier_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "lib/ops/reduce.hpp"
#include "lib/train/augment/augment.hpp"
#include "lib/train/average.hpp"
#include "lib/train/classifier_loss.hpp"
#include "lib/train/player.hpp"
#include "lib/train/random.hpp"
#include "lib/train/reals.hpp"

namespace sgan::train {
namespace {

using ag::Var;
using nets::TensorMap;
using nlohmann::json;

struct Range {
  const char* key;
  double least, most;
};
constexpr Range ranges[] = {{"batch", 1, 1 << 20},       {"lr", 0, 1},
                            {"adam_beta1", 0, 0.999999}, {"adam_beta2", 0, 0.999999},
                            {"adam_eps", 0, 1},          {"total_kimg", 0, 1e9},
                            {"ema_kimg", 0, 1e6},        {"holdout", 0, 0.9},
                            {"fmap_base", 2, 1 << 24},   {"fmap_max", 1, 1 << 16}};

TensorMap initial_weights(const json& features, uint64_t seed) {
  return nets::random_discriminator_weights(
      nets::parse_family(features.at("family").get<std::string>()), features.at("args"),
      mixed(seed, 2));
}

}  // namespace

json classifier_recipe() {
  AugmentSettings a;
  a.xint = 1;
  a.xint_max = 0.05;
  a.noise = 0.5;
  a.noise_std = 0.05;
  a.imgfilter = 0.5;
  a.imgfilter_std = 0.3;
  return {{"batch", 8},       {"lr", 0.001},         {"adam_beta1", 0.0}, {"adam_beta2", 0.99},
          {"adam_eps", 1e-8}, {"total_kimg", 200.0}, {"ema_kimg", 2.0},   {"mirror", false},
          {"holdout", 0.1},   {"fmap_base", 8192},   {"fmap_max", 512},   {"augment", a.to_json()}};
}

void change_classifier(json& recipe, const std::string& key, const json& value) {
  constexpr std::string_view inside = "augment.";
  if (key.starts_with(inside) && recipe.at("augment").is_object()) {
    json changed = recipe.at("augment");
    changed[key.substr(inside.size())] = value;
    recipe["augment"] = AugmentSettings::from(changed).to_json();
    return;
  }
  const auto found = recipe.find(key);
  check(found != recipe.end() && key != "augment", "there is no training setting '", key, "'");
  const bool alike = found->is_number() ? value.is_number() : found->type() == value.type();
  check(alike && (!found->is_number_integer() || value.is_number_integer()), "training setting '",
        key, "': ", value.dump(), " is not like ", found->dump());
  for (const Range& r : ranges) {
    if (key != r.key) continue;
    const double v = value.get<double>();
    check(v >= r.least && v <= r.most, "training setting '", key, "' is ", v, ", not from ",
          r.least, " to ", r.most);
  }
  *found = value;
}

struct ClassifierTrainer::Inner {
  json features, recipe;
  uint64_t seed;
  rt::Device device;
  nets::Classifier net;
  Parameters parameters;
  Adam adam;
  Average average;
  std::unique_ptr<AugmentPipe> pipe;
  int64_t images = 0, steps = 0, not_finite = 0;
  int bad_steps = 0;

  Inner(const json& f, const json& r, uint64_t s, rt::Device d)
      : features(f),
        recipe(r),
        seed(s),
        device(d),
        net(f, initial_weights(f, s), d, rt::DType::f32, true),
        parameters(Parameters::of(net.parameters())),
        adam(parameters, settings()),
        average(net.parameters()) {
    if (!recipe.at("augment").is_object()) return;
    AugmentSettings a = AugmentSettings::from(recipe.at("augment"));
    a.xflip = recipe.at("mirror").get<bool>() ? 1 : a.xflip;
    pipe = std::make_unique<AugmentPipe>(a);
  }

  AdamSettings settings() const {
    AdamSettings a;
    a.lr = recipe.at("lr");
    a.beta1 = recipe.at("adam_beta1");
    a.beta2 = recipe.at("adam_beta2");
    a.epsilon = recipe.at("adam_eps");
    return a;
  }

  Var input(const rt::Tensor& pictures) const {
    return process_reals(pictures, {}, 0, net.resolution(), rt::DType::f32, device);
  }

  void report(const Var& outputs, const rt::Tensor& labels, size_t k, const Var& loss,
              Stats& stats) const {
    const std::string& name = net.attributes()[k].name;
    const std::vector<int> hits = attribute_hits(outputs, labels, net.attributes(), k);
    const std::vector<double> losses = loss.value().to_doubles();
    stats.declare("Loss/" + name);
    stats.declare("Accuracy/" + name);
    for (size_t i = 0; i < hits.size(); ++i) {
      if (hits[i] < 0) continue;
      stats.report("Loss/" + name, losses[i]);
      stats.report("Accuracy/" + name, double(hits[i]));
    }
  }
};

ClassifierTrainer::ClassifierTrainer(const json& features, const json& recipe, uint64_t seed,
                                     rt::Device device)
    : in_(std::make_unique<Inner>(features, recipe, seed, device)) {}
ClassifierTrainer::~ClassifierTrainer() = default;

int64_t ClassifierTrainer::images() const { return in_->images; }
int64_t ClassifierTrainer::not_finite() const { return in_->not_finite; }
int ClassifierTrainer::bad_steps() const { return in_->bad_steps; }

bool ClassifierTrainer::finite() const {
  const auto is_finite = [](const rt::Tensor& t) {
    const std::vector<double> values = t.to_doubles();
    return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  };
  for (const auto& [name, var] : in_->net.parameters()) {
    if (!is_finite(var.value()) || !is_finite(in_->average.tensors().at(name))) return false;
  }
  return true;
}

void ClassifierTrainer::step(const io::Batch& batch, Stats& stats) {
  Var x = in_->input(batch.images);
  const uint64_t stream = mixed(in_->seed, uint64_t(in_->steps), 3);
  {
    const ag::NoGrad quiet;
    if (in_->pipe) x = (*in_->pipe)(x, 1, stream, 0).detach();
  }
  const Var outputs = in_->net.logits(x);
  Var loss;
  for (size_t k = 0; k < in_->net.attributes().size(); ++k) {
    const Var one = attribute_loss(outputs, batch.labels, in_->net.attributes(), k);
    in_->report(outputs, batch.labels, k, one, stats);
    loss = loss.defined() ? ops::add(loss, one) : one;
  }
  const Var mean = ops::scale(ops::sum_all(loss), 1 / double(batch.images.size(0)));
  const int64_t bad = in_->adam.step(ag::grad(mean, in_->parameters.vars, {}, ag::Graph::release));
  in_->not_finite += bad;
  in_->bad_steps = bad > 0 ? in_->bad_steps + 1 : 0;
  in_->images += batch.images.size(0);
  ++in_->steps;
  in_->average.update(
      in_->net.parameters(),
      ema_beta(double(batch.images.size(0)), in_->recipe.at("ema_kimg").get<double>() * 1000,
               double(in_->images), 0.05));
}

std::vector<double> ClassifierTrainer::accuracy(const io::Dataset& data, int64_t most) const {
  constexpr int64_t batch = 16;
  const ag::NoGrad quiet;
  const nets::Classifier net(in_->features, in_->average.official(), in_->device);
  const io::DatasetInfo& info = data.info();
  const int64_t count = std::min(most, info.count);
  std::vector<double> right(net.attributes().size()), known = right;
  for (int64_t done = 0; done < count; done += batch) {
    const int64_t n = std::min(batch, count - done);
    const rt::Tensor pictures({n, info.resolution, info.resolution, info.channels}, rt::DType::u8);
    const rt::Tensor labels({n, info.label_dim}, rt::DType::f32);
    for (int64_t i = 0; i < n; ++i) {
      const int64_t index = (done + i) * info.count / count;
      data.read(index, pictures.data<uint8_t>() + i * (pictures.numel() / n));
      data.label(index, labels.data<float>() + i * info.label_dim);
    }
    const Var outputs = net.logits(in_->input(pictures));
    for (size_t k = 0; k < right.size(); ++k) {
      for (const int hit : attribute_hits(outputs, labels, net.attributes(), k)) {
        right[k] += hit > 0;
        known[k] += hit >= 0;
      }
    }
  }
  for (size_t k = 0; k < right.size(); ++k) right[k] = known[k] > 0 ? right[k] / known[k] : NAN;
  return right;
}

TensorMap ClassifierTrainer::averaged() const { return in_->average.official(); }

TensorMap ClassifierTrainer::state() const {
  TensorMap all;
  const auto add = [&](const char* role, const TensorMap& tensors) {
    for (const auto& [name, t] : tensors) all[cat(role, '.', name)] = t;
  };
  add("D", official_tensors(in_->net.parameters()));
  add("D_ema", averaged());
  add("adam_D", in_->adam.state());
  return all;
}

json ClassifierTrainer::counters() const {
  return {{"images", in_->images}, {"steps", in_->steps}, {"not_finite", in_->not_finite}};
}

void ClassifierTrainer::restore(const TensorMap& state, const json& counters) {
  const auto below = [&](const char* role) { return tensors_below(state, role); };
  copy_into(in_->net.parameters(), below("D"), "the saved classifier", true);
  in_->average.restore(below("D_ema"));
  in_->adam.restore(below("adam_D"));
  in_->images = counters.at("images");
  in_->steps = counters.at("steps");
  in_->not_finite = counters.at("not_finite");
}

}  // namespace sgan::train
