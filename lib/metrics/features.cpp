#include "lib/metrics/features.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lib/io/json.hpp"
#include "lib/metrics/rows.hpp"
#include "lib/metrics/separability.hpp"
#include "lib/nets/inception.hpp"
#include "lib/nets/lpips.hpp"
#include "lib/nets/progressive/layers.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/resize.hpp"

namespace sgan::metrics {
namespace {

namespace fs = std::filesystem;
using ag::Var;

rt::Tensor on_cpu(const Var& v) { return v.value().to(rt::cpu); }

Var with_colour(const rt::Tensor& pictures) {
  const Var x(pictures);
  return x.size(3) == 1 ? ops::concat({x, x, x}, 3) : x;
}

class VggFeatures : public Features {
 public:
  VggFeatures(const nets::TensorMap& tensors, rt::Device device)
      : heads_(tensors.count("lin0.model.1.weight") > 0),
        net_(tensors, device, rt::DType::f32, {.heads = heads_}) {}
  // Narrower ones are somebody's own.
  bool is_published() const override {
    return heads_ && net_.vgg16().widths() == std::vector<int64_t>{64, 128, 256, 512, 512};
  }
  bool has_distance() const override { return true; }
  rt::Tensor distance(const rt::Tensor& a, const rt::Tensor& b) const override {
    const ag::NoGrad off;
    return on_cpu(net_.distance(scaled(a), scaled(b)));
  }

 private:
  Var scaled(const rt::Tensor& pictures) const {
    check(pictures.size(1) >= nets::Vgg16::least_size, name_, ": pictures of ", pictures.size(1),
          " pixels are too small, ", nets::Vgg16::least_size, " are the least");
    return ops::affine(with_colour(pictures), 2 / 255.0, -1);
  }
  bool heads_;
  nets::Lpips net_;
};

class InceptionFeatures : public Features {
 public:
  InceptionFeatures(const nets::TensorMap& tensors, rt::Device device) : net_(tensors, device) {}
  bool has_pool() const override { return true; }
  int64_t pool_size() const override { return 2048; }
  int64_t classes() const override { return 1008; }
  rt::Tensor pool(const rt::Tensor& pictures) const override {
    const ag::NoGrad off;
    return on_cpu(net_.run(with_colour(pictures)).pool);
  }
  rt::Tensor probabilities(const rt::Tensor& pictures) const override {
    return both(pictures).second;
  }
  std::pair<rt::Tensor, rt::Tensor> both(const rt::Tensor& pictures) const override {
    const ag::NoGrad off;
    const auto result = net_.run(with_colour(pictures));
    return {on_cpu(result.pool), class_probabilities(on_cpu(result.logits_unbiased))};
  }

 private:
  nets::Inception net_;
};

class ClassifierFeatures : public Features {
 public:
  ClassifierFeatures(const nlohmann::json& features, const nets::TensorMap& tensors,
                     rt::Device device)
      : net_(features, tensors, device), device_(device) {}
  bool is_published() const override { return false; }
  bool has_distance() const override { return true; }
  bool has_pool() const override { return true; }
  const std::vector<nets::Attribute>& attributes() const override { return net_.attributes(); }
  int64_t classes() const override {
    int64_t count = 0;
    for (const auto& a : attributes()) count += int64_t(a.classes.size());
    return count;
  }
  int64_t pool_size() const override {
    if (pool_size_ == 0) {
      const rt::Tensor nothing = rt::Tensor::zeros({1, net_.resolution(), net_.resolution(), 3});
      pool_size_ = pool(nothing.to(device_)).size(1);
    }
    return pool_size_;
  }
  rt::Tensor distance(const rt::Tensor& a, const rt::Tensor& b) const override {
    const ag::NoGrad off;
    const Var difference = ops::subtract(net_.embed(fitted(a)), net_.embed(fitted(b)));
    return on_cpu(ops::reshape(ops::sum(ops::square(difference), {1}), {a.size(0)}));
  }
  rt::Tensor pool(const rt::Tensor& pictures) const override {
    const ag::NoGrad off;
    return on_cpu(net_.judge(fitted(pictures)).pool);
  }
  rt::Tensor outputs(const rt::Tensor& pictures) const override {
    const ag::NoGrad off;
    return on_cpu(net_.logits(fitted(pictures)));
  }
  rt::Tensor probabilities(const rt::Tensor& pictures) const override {
    return shares(outputs(pictures));
  }
  std::pair<rt::Tensor, rt::Tensor> both(const rt::Tensor& pictures) const override {
    const ag::NoGrad off;
    const auto judged = net_.judge(fitted(pictures));
    return {on_cpu(judged.pool), shares(on_cpu(judged.logits))};
  }

 private:
  // Probabilities of all attributes side by side, each with its share: rows sum to 1.
  rt::Tensor shares(const rt::Tensor& outputs) const {
    rt::Tensor all({outputs.size(0), classes()}, rt::DType::f32);
    int64_t from = 0, to = 0;
    for (const auto& a : attributes()) {
      const rt::Tensor p = class_probabilities(columns_from(outputs, from, a.outputs()));
      put_columns(p, all, to);
      from += a.outputs();
      to += p.size(1);
    }
    for (float& v : all.span<float>()) v /= float(attributes().size());
    return all;
  }

  // To -1..1, the network's channels, and its size: by the mean of whole blocks of pixels where
  // that works out, as officially, else between the nearest pixels.
  Var fitted(const rt::Tensor& pictures) const {
    Var x(pictures);
    const int64_t size = x.size(1), wanted = net_.resolution();
    if (net_.channels() == 1 && x.size(3) == 3) x = ops::mean(x, {3});
    if (net_.channels() == 3 && x.size(3) == 1) x = ops::concat({x, x, x}, 3);
    if (size > wanted && size % wanted == 0) {
      x = nets::progressive::box_down(x, int(size / wanted));
    } else if (size != wanted) {
      x = ops::resize_bilinear(x, wanted, wanted, ops::ResizeGrid::half_pixel);
    }
    return ops::affine(x, 2 / 255.0, -1);
  }

  nets::Classifier net_;
  rt::Device device_;
  mutable int64_t pool_size_ = 0;
};

nlohmann::json description(const io::ModelFile& file) {
  const auto& settings = file.settings();
  const auto text = settings.more.find("features");
  check(settings.architecture == "features" && text != settings.more.end(), file.name(), ": is a ",
        settings.architecture, " model, no feature network; sgan-import makes one, or ",
        "sgan-train --classifier");
  auto json = io::parse_json(text->second, file.name() + ": features", 32);
  check(json.is_object() && json.contains("network") && json["network"].is_string() &&
            json.contains("name") && json["name"].is_string(),
        file.name(), ": its metadata \"features\" do not say which network it is");
  return json;
}

}  // namespace

std::unique_ptr<Features> Features::open(const io::ModelFile& file, rt::Device device) {
  const nlohmann::json json = description(file);
  const std::string network = json["network"];
  std::unique_ptr<Features> made;
  try {
    const auto tensors = file.network("net");
    if (network == "vgg16-lpips") {
      made = std::make_unique<VggFeatures>(tensors, device);
    } else if (network == "inception-v3") {
      made = std::make_unique<InceptionFeatures>(tensors, device);
    } else if (network == "classifier") {
      made = std::make_unique<ClassifierFeatures>(json, tensors, device);
    } else {
      fail("feature network '", network, "' is not known to this program");
    }
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error(what.starts_with(file.name()) ? what : cat(file.name(), ": ", what));
  }
  made->name_ = json["name"];
  made->hash_ = file.hash();
  made->path_ = file.name();
  return made;
}

void Features::lacks(const char* what, const char* instead) const {
  fail(path_, ": the feature network ", name_, " gives no ", what, "; ", instead, " does");
}

rt::Tensor Features::distance(const rt::Tensor&, const rt::Tensor&) const {
  lacks("perceptual distance", "vgg16-lpips or a classifier");
}
rt::Tensor Features::pool(const rt::Tensor&) const {
  lacks("features of whole pictures", "inception-v3 or a classifier");
}
int64_t Features::pool_size() const {
  lacks("features of whole pictures", "inception-v3 or a classifier");
}
rt::Tensor Features::probabilities(const rt::Tensor&) const {
  lacks("class probabilities", "inception-v3 or a classifier");
}
int64_t Features::classes() const { lacks("class probabilities", "inception-v3 or a classifier"); }
std::pair<rt::Tensor, rt::Tensor> Features::both(const rt::Tensor&) const {
  lacks("features of whole pictures", "inception-v3 or a classifier");
}
const std::vector<nets::Attribute>& Features::attributes() const {
  lacks("attributes", "a classifier");
}
rt::Tensor Features::outputs(const rt::Tensor&) const { lacks("attributes", "a classifier"); }

std::string feature_network(const io::ModelFile& file) { return description(file)["network"]; }

std::vector<std::string> find_all_features(const std::string& wish, const std::string& network) {
  if (!fs::is_directory(wish)) return {wish};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(wish)) {
    if (entry.path().extension() == ".sgan") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::erase_if(files, [&](const std::string& file) {
    const io::ModelFile model(file);
    return model.settings().architecture != "features" || feature_network(model) != network;
  });
  return files;
}

std::string find_features(const std::string& wish, const std::vector<std::string>& networks) {
  for (const std::string& network : networks) {
    const auto files = find_all_features(wish, network);
    if (!files.empty()) return files[0];
  }
  fail(wish, ": no feature file (*.sgan) of ", networks[0], " in this directory; fetch-features ",
       wish, " puts the public ones there, see sgan(7)");
}

}  // namespace sgan::metrics
