// Feature networks of the metrics: VGG16 with LPIPS, and Inception-v3.
#include <array>
#include <cmath>
#include <cstdlib>

#include "lib/nets/inception.hpp"
#include "lib/nets/lpips.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/unit_channels.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using Values = std::vector<double>;
using Results = std::map<std::string, Values>;  // by their names in the file, without "out."

// ---- weights that are made by a formula ----

uint64_t splitmix64(uint64_t x) {
  uint64_t z = x + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint64_t fnv1a64(const std::string& text) {
  uint64_t h = 0xcbf29ce484222325;
  for (unsigned char byte : text) h = (h ^ byte) * 0x100000001b3;
  return h;
}

rt::Tensor procedural(const std::string& seeded_name, const rt::Shape& shape,
                      const std::string& rule, double scale, double offset) {
  sgan::check(rule == "add" || rule == "abs", "no rule '", rule, "' for weights");
  const uint64_t seed = fnv1a64(seeded_name);
  std::vector<float> values(size_t(shape.numel()));
  for (size_t i = 0; i < values.size(); ++i) {
    const double v = (double(splitmix64(seed + i) >> 40) / double(1 << 24) - 0.5) * scale;
    values[i] = float(offset + (rule == "abs" ? std::fabs(v) : v));
  }
  return rt::Tensor::from(values, shape);
}

// Counters are left out.
nets::TensorMap procedural_weights(const Golden& g, Report& report) {
  nets::TensorMap tensors;
  const std::string prefix = g.text("weights.prefix");
  const json list = g.data("tensors");
  for (const json& entry : list) {
    const auto field = [&](size_t column, const char* name) {
      return entry.is_array() ? entry.at(column) : entry.at(name);
    };
    if (field(2, "rule") == "int") continue;
    const std::string name = field(0, "name");
    tensors[name] =
        procedural(prefix + name, rt::Shape(field(1, "shape").get<std::vector<int64_t>>()),
                   field(2, "rule"), field(3, "scale"), field(4, "offset"));
  }
  const json known = g.data("weights.examples");
  for (const auto& [name, examples] : known.items()) {
    const auto values = tensors.at(name).to_doubles();
    const double got[] = {values.at(0), values.at(1), values.at(2), values.back()};
    bool same = true;
    for (size_t i = 0; i < 4; ++i) {
      same &= got[i] == std::strtod(examples.at(i).get<std::string>().c_str(), nullptr);
    }
    report.check("weights " + name, same, same ? "equal" : "other numbers");
  }
  return tensors;
}

// ---- results ----

Values values_of(const Var& v) { return official(v).to_doubles(); }

Values mean_and_deviation(const Values& x) {
  double mean = 0, square = 0;
  for (double v : x) mean += v / double(x.size());
  for (double v : x) square += (v - mean) * (v - mean) / double(x.size());
  return {mean, std::sqrt(square)};
}

Var pixel_mean(const Var& x) { return ops::reshape(ops::mean(x, {1, 2}), {x.size(0), x.size(3)}); }

// All that the file holds against what was computed; a name ending in .f32 is the same in float32.
void compare_all(const Golden& g, Report& report, const Results& results, double tolerance) {
  for (const auto& [name, expected] : g.below("out.")) {
    const bool single = name.ends_with(".f32");
    const auto found = results.find(single ? name.substr(0, name.size() - 4) : name);
    if (found == results.end()) {
      report.check(name, false, "not computed");
    } else {
      const double own = single ? 1e-4 : name.starts_with("resize_") ? 2e-5 : tolerance;
      report.compare(name, found->second, expected.to_doubles(), own);
    }
  }
}

Var picture(const Golden& g, const std::string& name, const Report& report) {
  return channels_last(input(g, name, report));
}

// The distance as squared distance of embeddings.
Values embedded_distance(const nets::Lpips& lpips, const Var& x0, const Var& x1) {
  const Var difference = ops::subtract(lpips.embed(x0), lpips.embed(x1));
  return values_of(ops::sum(ops::square(difference), {1}));
}

}  // namespace

void run_metric_vgg16(const Golden& g, Report& report) {
  const Setting s = report.setting();
  const double tolerance = s.is_double() ? 1e-10 : 1e-4;
  const auto tensors = procedural_weights(g, report);
  const nets::Lpips lpips(tensors, s.device, s.type);
  const ag::NoGrad inference;
  Results results;
  const json cases = g.data("cases");
  for (const auto& [name, size] : cases.items()) {
    const Var x0 = picture(g, "in." + name + ".x0", report);
    const Var x1 = picture(g, "in." + name + ".x1", report);
    const auto taps = lpips.vgg16().taps(x0);
    for (size_t k = 0; k < taps.size(); ++k) {
      const std::string tap = cat(name, ".tap", k, ".");
      Values all = values_of(taps[k]);
      results[tap + "channel_means"] = values_of(pixel_mean(taps[k]));
      results[tap + "mean_std"] = mean_and_deviation(all);
      all.resize(std::min(all.size(), g.tensor("out." + tap + "first").to_doubles().size()));
      results[tap + "first"] = all;
    }
    results[name + ".per_layer"] = values_of(lpips.per_layer(x0, x1));
    results[name + ".distance"] = values_of(lpips.distance(x0, x1));
    report.compare(name + ".distance of embeddings", embedded_distance(lpips, x0, x1),
                   g.tensor("out." + name + ".distance").to_doubles(), tolerance);
  }
  compare_all(g, report, results, tolerance);
}

void run_metric_inception(const Golden& g, Report& report) {
  const Setting s = report.setting();
  const auto tensors = procedural_weights(g, report);
  const nets::Inception inception(tensors, s.device, s.type);
  const ag::NoGrad inference;
  Results results;
  const json cases = g.data("cases");
  for (const auto& [name, size] : cases.items()) {
    const auto probe = [&](const std::string& block, const Var& y) {
      if (block == "MaxPool_1") results[name + ".64"] = values_of(pixel_mean(y));
      if (block == "MaxPool_2") results[name + ".192"] = values_of(pixel_mean(y));
      if (block == "Mixed_6e") results[name + ".768"] = values_of(pixel_mean(y));
      const Values all = y.value().to_doubles();
      const auto channels = size_t(y.size(3));
      const auto at = size_t((y.size(1) / 2) * y.size(2) + y.size(2) / 3) * channels;
      const std::string key = name + ".block." + block;
      results[key] = Values(all.begin() + ptrdiff_t(at), all.begin() + ptrdiff_t(at + channels));
      results[key + ".mean_std"] = mean_and_deviation(all);
    };
    const auto images = g.tensor("in." + name + ".images").to(s.type).to(s.device);
    const auto r = inception.run(channels_last(Var(images)), probe);
    results[name + ".2048"] = values_of(r.pool);
    results[name + ".logits_unbiased"] = values_of(r.logits_unbiased);
    results[name + ".logits"] = values_of(r.logits);
  }
  // The resize alone is given in float32.
  for (const auto& [name, x] : g.below("in.resize_")) {
    const std::string key = "resize_" + name.substr(0, name.size() - 2);
    const Var y = nets::Inception::resized(channels_last(Var(x.to(s.device))));
    results[key + ".y"] = values_of(y);
  }
  compare_all(g, report, results, s.is_double() ? 1e-9 : 1e-4);
}

void run_metric_lpips(const Golden& g, Report& report) {
  const Setting s = report.setting();
  const double tolerance = s.is_double() ? 1e-10 : 1e-4;
  // The paper's names of the convolutions, in torchvision's order.
  constexpr std::array<int, 13> numbers{0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};
  constexpr int layers[] = {2, 2, 3, 3, 3};
  nets::TensorMap tensors;
  size_t next = 0;
  for (int stage = 1; stage <= nets::Vgg16::stages; ++stage) {
    for (int layer = 1; layer <= layers[stage - 1]; ++layer, ++next) {
      for (const char* what : {".weight", ".bias"}) {
        tensors[cat("features.", numbers[next], what)] =
            g.tensor(cat("param.conv", stage, "_", layer, what));
      }
    }
    const rt::Tensor& head = g.tensor(cat("param.lin", stage - 1));
    tensors[cat("lin", stage - 1, ".model.1.weight")] = head.reshape({1, head.numel(), 1, 1});
  }
  const auto make = [&](const nets::LpipsOptions& options) {
    return nets::Lpips(tensors, s.device, s.type, options);
  };
  const nets::Lpips lpips = make({});
  const Var x0 = picture(g, "in.in0", report), x1 = picture(g, "in.in1", report);
  Results results;
  {
    const ag::NoGrad inference;
    results["distance"] = values_of(lpips.distance(x0, x1));
    results["per_layer"] = values_of(lpips.per_layer(x0, x1));
    results["distance_spatial"] = values_of(lpips.spatial(x0, x1));
    results["distance_baseline"] = values_of(make({.heads = false}).distance(x0, x1));
    const auto unit = [](const Var& x) { return ops::affine(x, 0.5, 0.5); };
    results["distance_input01"] =
        values_of(make({.unit_range = true}).distance(unit(x0), unit(x1)));
    for (const auto& [suffix, x] : {std::pair{".in0", x0}, std::pair{".in1", x1}}) {
      results[std::string("scaled_") + (suffix + 1)] = values_of(nets::Vgg16::normalized(x));
      const auto taps = lpips.vgg16().taps(x);
      for (size_t k = 0; k < taps.size(); ++k) {
        results[cat("feat", k, suffix)] = values_of(taps[k]);
        results[cat("feat_norm", k, suffix)] = values_of(ops::unit_channels(taps[k], 1e-10));
      }
    }
  }
  compare_all(g, report, results, tolerance);

  // Recorded, by other ways.
  const auto expected = g.tensor("out.distance").to_doubles();
  for (const auto& [name, t] : g.below("grad.")) {
    sgan::check(name == "in0" || name == "in1", g.path, ": no gradient of '", name, "'");
    const Var x = Var::leaf((name == "in0" ? x0 : x1).value());
    const Var &a = name == "in0" ? x : x0, &b = name == "in0" ? x1 : x;
    const Var d = lpips.distance(a, b);
    report.compare("distance (recorded)", values_of(d), expected, tolerance);
    report.compare("distance of embeddings (recorded)", embedded_distance(lpips, a, b), expected,
                   tolerance);
    const Var gradient = ag::grad(ops::sum_all(d), std::vector{x})[0];
    report.compare("grad." + name, official(gradient), t, s.is_double() ? 1e-9 : 2e-3);
  }
}

}  // namespace sgan::parity
