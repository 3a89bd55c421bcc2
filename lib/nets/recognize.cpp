#include "lib/nets/recognize.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "lib/nets/inception.hpp"
#include "lib/nets/vgg16.hpp"

namespace sgan::nets {
namespace {

using recognize::is_convolution;

// What stands before a name that ends with `tail`, in the first such name.
std::optional<std::string> prefix_of(const NamedTensors& tensors, std::string_view tail) {
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with(tail)) continue;
    const std::string prefix = name.substr(0, name.size() - tail.size());
    if (prefix.empty() || prefix.ends_with('.')) return prefix;
  }
  return {};
}

TensorMap below(const NamedTensors& tensors, const std::string& prefix) {
  TensorMap inner;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) inner.emplace(name.substr(prefix.size()), tensor);
  }
  return inner;
}

TensorMap only(const TensorMap& tensors, const std::map<std::string, rt::Shape>& shapes) {
  TensorMap kept;
  for (const auto& [name, shape] : shapes) kept.emplace(name, tensors.at(name));
  return kept;
}

// torchvision's names: `features.N`.
FeatureNetwork vgg16_by_names(const NamedTensors& tensors, const std::string& prefix) {
  const TensorMap all = below(tensors, prefix);
  int convolutions = 0;
  for (const auto& [name, tensor] : all) {
    check(!name.starts_with("features.") || !name.ends_with(".running_mean"),
          "is a network with batch norm (", name, "); VGG16 without is wanted");
    convolutions += name.starts_with("features.") && is_convolution(tensor);
  }
  check(convolutions <= 13, "has ", convolutions, " convolutions, VGG16 has 13");
  std::vector<int64_t> widths;
  for (const int first : {0, 5, 10, 17, 24}) {
    const auto found = all.find(cat("features.", first, ".weight"));
    check(found != all.end(), "VGG16: no tensor 'features.", first, ".weight'");
    check(found->second.rank() == 4, "VGG16: tensor '", found->first, "' has shape ",
          found->second.shape());
    widths.push_back(found->second.size(0));
  }
  const auto shapes = vgg16_shapes(widths);
  check_tensors(all, shapes, "VGG16");
  FeatureNetwork result{"vgg16-lpips", only(all, shapes)};
  result.tensors.merge(recognize_heads(tensors));
  return result;
}

// pytorch-fid's and torch-fidelity's names, which torchvision's own network has too.
FeatureNetwork inception_by_names(const NamedTensors& tensors, const std::string& prefix) {
  const TensorMap all = below(tensors, prefix);
  const auto fc = all.find("fc.weight");
  const bool torchvision = fc != all.end() && fc->second.rank() == 2 && fc->second.size(0) == 1000;
  const bool auxiliary = std::any_of(
      all.begin(), all.end(), [](const auto& t) { return t.first.starts_with("AuxLogits."); });
  check(!torchvision && !auxiliary,
        "is torchvision's Inception-v3, which was trained otherwise; FID is defined with the "
        "network of 2015-12-05: pytorch-fid's pt_inception-2015-12-05-6726825d.pth");
  const auto shapes = inception_shapes();
  check_tensors(all, shapes, "Inception-v3");
  return {"inception-v3", only(all, shapes)};
}

// k of a part "lin<k>" of a path; behind it "weight" or nothing that says otherwise.
int head_number(const std::string& name) {
  if (name.ends_with("bias")) return -1;
  std::string_view rest = name;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    if (part.size() == 4 && part.starts_with("lin") && part[3] >= '0' && part[3] < '5') {
      return part[3] - '0';
    }
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return -1;
}

}  // namespace

TensorMap recognize_heads(const NamedTensors& tensors) {
  TensorMap heads;
  for (const auto& [name, tensor] : tensors) {
    const int k = head_number(name);
    if (k < 0) continue;
    const int64_t count = tensor.numel();
    const bool vector = tensor.shape() == rt::Shape{count} ||
                        tensor.shape() == rt::Shape{1, count, 1, 1} ||
                        tensor.shape() == rt::Shape{count, 1, 1};
    check(vector && count > 0 && rt::is_floating(tensor.dtype()), "LPIPS: tensor '", name,
          "' has shape ", tensor.shape(), ", not [1, C, 1, 1]");
    heads.emplace(cat("lin", k, ".model.1.weight"), tensor.reshape({1, count, 1, 1}));
  }
  if (heads.empty()) return heads;
  for (int k = 0; k < Vgg16::stages; ++k) {
    check(heads.count(cat("lin", k, ".model.1.weight")), "LPIPS: no tensor 'lin", k,
          ".model.1.weight'");
  }
  return heads;
}

FeatureNetwork recognize_features(const NamedTensors& tensors) {
  FeatureNetwork result;
  int all = 0, square = 0;
  for (const auto& [name, t] : tensors) {
    if (!is_convolution(t)) continue;
    ++all;
    square += t.size(2) == 3 && t.size(3) == 3;
  }
  if (const auto prefix = prefix_of(tensors, "features.0.weight")) {
    result = vgg16_by_names(tensors, *prefix);
  } else if (const auto before = prefix_of(tensors, "Conv2d_1a_3x3.conv.weight")) {
    result = inception_by_names(tensors, *before);
  } else if (all == int(inception::all_convs().size())) {
    result = recognize::inception_by_shapes(tensors);
  } else if (square == 13) {
    result = recognize::vgg16_by_shapes(tensors);
  } else {
    fail("its tensors are those of no network known here");
  }
  return result;
}

namespace recognize {

bool is_convolution(const rt::Tensor& t) {
  return t.rank() == 4 && t.size(0) > 1 && t.size(1) > 1 && rt::is_floating(t.dtype());
}

std::string parent_of(const std::string& path) {
  const size_t dot = path.rfind('.');
  return dot == path.npos ? "" : path.substr(0, dot);
}

NamedTensors in_natural_order(NamedTensors tensors) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  // Numbers compare by their length first, once leading zeros are gone.
  const auto less = [&](const std::string& a, const std::string& b) {
    size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
      if (!digit(a[i]) || !digit(b[j])) {
        if (a[i] != b[j]) return a[i] < b[j];
        ++i, ++j;
        continue;
      }
      const auto number = [&](const std::string& s, size_t& at) {
        while (at + 1 < s.size() && s[at] == '0' && digit(s[at + 1])) ++at;
        const size_t begin = at;
        while (at < s.size() && digit(s[at])) ++at;
        return std::string_view(s).substr(begin, at - begin);
      };
      const auto x = number(a, i), y = number(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    }
    return a.size() - i < b.size() - j;
  };
  std::stable_sort(tensors.begin(), tensors.end(),
                   [&](const auto& a, const auto& b) { return less(a.first, b.first); });
  return tensors;
}

}  // namespace recognize
}  // namespace sgan::nets
