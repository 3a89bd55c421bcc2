#include "lib/nets/vgg16.hpp"

#include <algorithm>

#include "lib/ops/conv_act.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/pool.hpp"
#include "lib/ops/samples.hpp"
#include "lib/rt/constant.hpp"

namespace sgan::nets {
namespace {

using ag::Var;

// Numbers of the convolutions among torchvision's `features`.
const std::vector<int> numbers[Vgg16::stages] = {
    {0, 2}, {5, 7}, {10, 12, 14}, {17, 19, 21}, {24, 26, 28}};

std::string name_of(int number) { return cat("features.", number); }

constexpr ops::ActOptions relu{ops::Act::relu, 0, 1, -1};

// Samples that a stage runs on at a time: as many as keep its map near the caches.
int64_t share_of(const Var& x, int64_t width, int64_t group) {
  const bool inference = !(ag::recording() && x.needs_grad());
  if (!inference || x.device().is_cuda()) return std::max<int64_t>(x.size(0), 1);
  constexpr int64_t wanted = 8 << 20;  // numbers
  const int64_t fit = std::max<int64_t>(1, wanted / (x.size(1) * x.size(2) * width));
  return std::max<int64_t>(1, fit / group) * group;
}

Var rows(const Var& x, int64_t begin, int64_t end) {
  if (begin == 0 && end == x.size(0)) return x;
  return Var(x.value().rows(begin, end));
}

}  // namespace

std::map<std::string, rt::Shape> vgg16_shapes(const std::vector<int64_t>& widths, bool heads) {
  check(widths.size() == Vgg16::stages, "VGG16 has ", Vgg16::stages, " stages, not ",
        widths.size());
  std::map<std::string, rt::Shape> shapes;
  int64_t in = 3;
  for (size_t k = 0; k < widths.size(); ++k) {
    for (int number : numbers[k]) {
      shapes[name_of(number) + ".weight"] = {widths[k], in, 3, 3};
      shapes[name_of(number) + ".bias"] = {widths[k]};
      in = widths[k];
    }
    if (heads) shapes[cat("lin", k, ".model.1.weight")] = {1, widths[k], 1, 1};
  }
  return shapes;
}

void check_tensors(const TensorMap& tensors, const std::map<std::string, rt::Shape>& shapes,
                   std::string_view network) {
  for (const auto& [name, shape] : shapes) {
    const auto found = tensors.find(name);
    check(found != tensors.end(), network, ": no tensor '", name, "'");
    check(found->second.shape() == shape, network, ": tensor '", name, "' has shape ",
          found->second.shape(), ", not ", shape);
    check(rt::is_floating(found->second.dtype()), network, ": tensor '", name, "' holds ",
          rt::name_of(found->second.dtype()));
  }
}

Vgg16::Vgg16(const TensorMap& tensors, rt::Device device, rt::DType type) {
  for (const auto& stage : numbers) {
    const std::string name = name_of(stage[0]) + ".weight";
    const auto found = tensors.find(name);
    check(found != tensors.end(), "VGG16: no tensor '", name, "'");
    check(found->second.rank() == 4 && found->second.size(0) > 0, "VGG16: tensor '", name,
          "' has shape ", found->second.shape());
    widths_.push_back(found->second.size(0));
  }
  check_tensors(tensors, vgg16_shapes(widths_), "VGG16");
  for (size_t k = 0; k < stages; ++k) {
    for (int number : numbers[k]) {
      const auto get = [&](const char* what) {
        return to_channels_last(tensors.at(name_of(number) + what).to(type)).to(device);
      };
      convs_[k].push_back({get(".weight"), get(".bias")});
    }
  }
}

Var Vgg16::normalized(const Var& x) {
  check(x.rank() == 4 && x.size(3) == 3, "VGG16: pictures [N, H, W, 3], not ", x.shape());
  constexpr double shift[] = {-.030, -.088, -.188}, scale[] = {.458, .448, .450};
  std::vector<double> m;
  for (int64_t n = 0; n < x.size(0); ++n) {
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) m.push_back(i == j ? 1 / scale[i] : 0);
      m.push_back(-shift[i] / scale[i]);
    }
  }
  return ops::color_matrix(x, rt::constant(m, {x.size(0), 3, 4}, rt::DType::f64, x.device()));
}

std::vector<Var> Vgg16::taps(const Var& x) const {
  std::vector<ag::Vars> parts(stages);
  each_tap(x, [&](int k, int64_t, const Var& tap) { parts[size_t(k)].push_back(tap); });
  std::vector<Var> taps;
  for (ag::Vars& p : parts) taps.push_back(ops::concat(std::move(p), 0));
  return taps;
}

void Vgg16::each_tap(const Var& x, const Visit& visit, int64_t group) const {
  check(x.rank() == 4 && x.size(0) > 0 && x.size(1) >= least_size && x.size(2) >= least_size,
        "VGG16: pictures of at least ", least_size, " x ", least_size, " pixels, not ", x.shape());
  Var whole = normalized(x);
  for (int k = 0; k < stages; ++k) {
    const int64_t count = whole.size(0), share = share_of(whole, widths_[size_t(k)], group);
    ag::Vars halved;
    for (int64_t first = 0; first < count; first += share) {
      Var y = rows(whole, first, std::min(count, first + share));
      for (const Conv& c : convs_[k]) {
        y = ops::conv2d_act(y, c.weight, c.bias, ops::ConvOptions::same(1, 1), relu);
      }
      visit(k, first, y);
      if (k + 1 < stages) halved.push_back(ops::max_pool(y, {.kernel = 2, .stride = 2}));
    }
    if (k + 1 < stages) whole = ops::concat(halved, 0);
  }
}

}  // namespace sgan::nets
