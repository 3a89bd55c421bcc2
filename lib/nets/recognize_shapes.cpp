// Networks whose names tell nothing, as those in TorchScript archives of the official programs.
#include <algorithm>
#include <set>

#include "lib/nets/inception.hpp"
#include "lib/nets/recognize.hpp"
#include "lib/nets/vgg16.hpp"

namespace sgan::nets::recognize {
namespace {

constexpr const char* kTaken =
    "; taken are torchvision's vgg16-397923af.pth and pytorch-fid's "
    "pt_inception-2015-12-05-6726825d.pth";

// Places of the convolutions, of `kernel` pixels where that is not 0.
std::vector<size_t> convolutions(const NamedTensors& tensors, int64_t kernel) {
  std::vector<size_t> places;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const rt::Tensor& t = tensors[i].second;
    if (!is_convolution(t)) continue;
    if (kernel == 0 || (t.size(2) == kernel && t.size(3) == kernel)) places.push_back(i);
  }
  return places;
}

// As they stand there, and if that does not fit, sorted by their names.
template <class Fits>
NamedTensors ordered(const NamedTensors& tensors, const char* network, const Fits& fits) {
  if (fits(tensors)) return tensors;
  NamedTensors sorted = in_natural_order(tensors);
  check(fits(sorted), "has as many convolutions as ", network, ", but other ones", kTaken);
  return sorted;
}

// The other name of a pair: "conv1.weight", "conv1.bias".
std::string bias_name(std::string name) {
  const size_t at = name.rfind("weight");
  return at == name.npos ? "" : name.replace(at, 6, "bias");
}

// The bias of the convolution `at`: by its name, else the only vector of that length beside it.
size_t bias_of(const NamedTensors& tensors, size_t at, const std::set<size_t>& used) {
  const auto& [name, weight] = tensors[at];
  const rt::Shape shape{weight.size(0)};
  const std::string wanted = bias_name(name);
  std::vector<size_t> beside;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].second.shape() != shape || used.count(i)) continue;
    if (tensors[i].first == wanted) return i;
    if (parent_of(tensors[i].first) == parent_of(name)) beside.push_back(i);
  }
  check(beside.size() == 1, "the convolution '", name, "' has no bias that can be told", kTaken);
  return beside[0];
}

// Vectors that are nobody's bias and have the stages' widths, one each.
TensorMap heads_among(const NamedTensors& tensors, const std::set<size_t>& used,
                      const std::vector<int64_t>& widths) {
  NamedTensors left;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!used.count(i)) left.push_back(tensors[i]);
  }
  TensorMap heads = recognize_heads(left);
  if (!heads.empty()) return heads;
  std::erase_if(left, [&](const auto& entry) {
    const rt::Tensor& t = entry.second;
    const bool wide = std::count(widths.begin(), widths.end(), t.numel()) > 0;
    const bool vector = t.rank() > 0 && std::count(t.shape().dims().begin(), t.shape().dims().end(),
                                                   t.numel()) == 1;
    return !wide || !vector || !rt::is_floating(t.dtype());
  });
  if (left.empty()) return {};
  for (const auto& sorted : {left, in_natural_order(left)}) {
    bool fits = sorted.size() == widths.size();
    for (size_t k = 0; fits && k < widths.size(); ++k) {
      fits = sorted[k].second.numel() == widths[k];
    }
    if (!fits) continue;
    for (size_t k = 0; k < widths.size(); ++k) {
      heads[cat("lin", k, ".model.1.weight")] = sorted[k].second.reshape({1, widths[k], 1, 1});
    }
    return heads;
  }
  fail("has vectors beside its convolutions (", left[0].first, ") that are not LPIPS's five",
       kTaken);
}

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// What a vector of a batch norm is, by its name alone; "" when that does not tell.
std::string norm_part(const std::string& path) {
  const std::string name = lower(path.substr(path.rfind('.') + 1));
  const auto has = [&](const char* part) { return name.find(part) != name.npos; };
  if (has("mean")) return "running_mean";
  if (has("var")) return "running_var";
  if (has("beta") || has("bias") || has("offset") || has("shift")) return "bias";
  if (has("gamma") || has("scale") || has("weight")) return "weight";
  return "";
}

// The vectors of the batch norm behind convolution `at`: in the nearest module that holds three or
// more of that length.
std::map<std::string, rt::Tensor> norm_of(const NamedTensors& tensors, size_t at) {
  const auto& [name, weight] = tensors[at];
  const rt::Shape shape{weight.size(0)};
  std::string module = name;
  std::map<std::string, rt::Tensor> parts;
  for (int up = 0; up < 2 && !module.empty() && parts.size() < 3; ++up) {
    module = parent_of(module);
    const std::string prefix = module.empty() ? "" : module + ".";
    parts.clear();
    for (size_t i = 0; i < tensors.size(); ++i) {
      const auto& [path, t] = tensors[i];
      if (i == at || !path.starts_with(prefix) || t.shape() != shape) continue;
      const std::string part = norm_part(path);
      check(!part.empty() && parts.emplace(part, t).second, "cannot tell what '", path,
            "' is in the batch norm of '", name, "'", kTaken);
    }
  }
  if (!parts.count("weight")) parts["weight"] = rt::Tensor::full(shape, 1, weight.dtype());
  check(parts.size() == 4, "the convolution '", name, "' has no batch norm that can be told",
        kTaken);
  return parts;
}

}  // namespace

FeatureNetwork vgg16_by_shapes(const NamedTensors& found) {
  static const std::vector<int> numbers{0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28};
  std::vector<int64_t> widths;
  const NamedTensors tensors = ordered(found, "VGG16", [&](const NamedTensors& list) {
    const auto places = convolutions(list, 3);
    widths.clear();
    for (const size_t first : {0, 2, 4, 7, 10}) {
      widths.push_back(list[places[first]].second.size(0));
    }
    const auto shapes = vgg16_shapes(widths);
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (list[places[i]].second.shape() != shapes.at(cat("features.", numbers[i], ".weight")))
        return false;
    }
    return true;
  });
  for (const auto& [name, tensor] : tensors) {
    check(!name.ends_with("running_mean"), "is a network with batch norm (", name,
          "); VGG16 without is wanted");
  }
  FeatureNetwork result{"vgg16-lpips", {}, true};
  std::set<size_t> used;
  const auto places = convolutions(tensors, 3);
  for (size_t i = 0; i < places.size(); ++i) {
    const size_t bias = bias_of(tensors, places[i], used);
    used.insert({places[i], bias});
    const std::string name = cat("features.", numbers[i]);
    result.tensors[name + ".weight"] = tensors[places[i]].second;
    result.tensors[name + ".bias"] = tensors[bias].second;
  }
  result.tensors.merge(heads_among(tensors, used, widths));
  return result;
}

FeatureNetwork inception_by_shapes(const NamedTensors& found) {
  const auto layout = inception::all_convs();
  const NamedTensors named = in_graph_order(found);
  const NamedTensors tensors = ordered(named, "Inception-v3", [&](const NamedTensors& list) {
    const auto places = convolutions(list, 0);
    for (size_t i = 0; i < layout.size(); ++i) {
      const auto& c = layout[i];
      if (list[places[i]].second.shape() != rt::Shape{c.out, c.in, c.kh, c.kw}) return false;
    }
    return true;
  });
  FeatureNetwork result{"inception-v3", {}, true};
  const auto places = convolutions(tensors, 0);
  for (size_t i = 0; i < layout.size(); ++i) {
    result.tensors[layout[i].name + ".conv.weight"] = tensors[places[i]].second;
    for (const auto& [part, tensor] : norm_of(tensors, places[i])) {
      result.tensors[layout[i].name + ".bn." + part] = tensor;
    }
  }
  const rt::Shape weight{inception::classes, inception::features}, bias{inception::classes};
  for (const auto& [name, t] : tensors) {
    if (t.shape() == weight) result.tensors["fc.weight"] = t;
    if (t.shape() == rt::Shape{weight[1], weight[0]})
      result.tensors["fc.weight"] = t.permute({1, 0});
    if (t.shape() == bias) result.tensors["fc.bias"] = t;
  }
  check_tensors(result.tensors, inception_shapes(), "Inception-v3");
  return result;
}

}  // namespace sgan::nets::recognize
