// Feature networks of foreign files, told by names and by shapes.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "lib/nets/inception.hpp"
#include "lib/nets/recognize.hpp"
#include "lib/nets/vgg16.hpp"

using namespace sgan;
using namespace sgan::nets;

namespace {

rt::Tensor tensor(const rt::Shape& shape, double value) {
  return rt::Tensor::full(shape, value, rt::DType::f32);
}

// VGG16 as the layers conv1 to conv13; every tensor's values are its place.
NamedTensors vgg16(const std::vector<int64_t>& widths = {4, 6, 5, 7, 3}) {
  NamedTensors tensors;
  int64_t in = 3;
  for (size_t k = 0, layer = 1; k < widths.size(); ++k) {
    for (int i = 0; i < (k < 2 ? 2 : 3); ++i, ++layer) {
      tensors.emplace_back(cat("conv", layer, ".weight"),
                           tensor({widths[k], in, 3, 3}, double(layer)));
      tensors.emplace_back(cat("conv", layer, ".bias"), tensor({widths[k]}, double(layer) + 0.5));
      in = widths[k];
    }
  }
  return tensors;
}

void check_vgg16(const NamedTensors& tensors) {
  const auto found = recognize_features(tensors);
  BOOST_TEST(found.network == "vgg16-lpips");
  BOOST_TEST(found.by_shapes);
  int layer = 1;
  for (int n : {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}) {
    const auto value = [&](const char* what) {
      return found.tensors.at(cat("features.", n, what)).to_doubles()[0];
    };
    BOOST_TEST(value(".weight") == layer);
    BOOST_TEST(value(".bias") == layer + 0.5);
    ++layer;
  }
}

// All convolutions and batch norms of Inception-v3, without data.
NamedTensors inception(const std::vector<std::string>& parts) {
  NamedTensors tensors;
  int layer = 0;
  for (const auto& c : inception::all_convs()) {
    const std::string name = cat("layer", layer++);
    const auto add = [&](const std::string& what, const rt::Shape& shape) {
      tensors.emplace_back(name + what, rt::Tensor(shape, rt::DType::f32, rt::meta));
    };
    add(".conv.weight", {c.out, c.in, c.kh, c.kw});
    for (const auto& part : parts) add(".norm." + part, {c.out});
  }
  tensors.emplace_back("output.weight", rt::Tensor({1008, 2048}, rt::DType::f32, rt::meta));
  tensors.emplace_back("output.bias", rt::Tensor({1008}, rt::DType::f32, rt::meta));
  return tensors;
}

void check_refused(const NamedTensors& tensors, const std::string& part) {
  BOOST_CHECK_EXCEPTION(recognize_features(tensors), Error, [&](const Error& e) {
    BOOST_TEST_MESSAGE(e.what());
    return std::string(e.what()).find(part) != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE(recognize)

BOOST_AUTO_TEST_CASE(vgg16_in_any_order_of_its_names) {
  check_vgg16(vgg16());
  check_vgg16(vgg16({5, 5, 5, 5, 5}));
  auto sorted = vgg16();  // conv1, conv10, conv11, ...
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  check_vgg16(sorted);
  auto flat = vgg16();
  for (auto& [name, t] : flat) std::replace(name.begin(), name.end(), '.', '_');
  check_vgg16(flat);
  auto others = vgg16({4, 6, 5, 7, 8});  // what is no convolution of 3 x 3 pixels does no harm
  others.emplace_back("fc1.weight", tensor({9, 8}, 0));
  others.emplace(others.begin(), "mean", tensor({1, 3, 1, 1}, 0));
  check_vgg16(others);
}

BOOST_AUTO_TEST_CASE(heads_of_a_network_without_names) {
  auto tensors = vgg16();
  const std::vector<int64_t> widths{4, 6, 5, 7, 3};
  for (size_t k = 0; k < 5; ++k) {
    tensors.emplace_back(cat("w", k), tensor({1, widths[k], 1, 1}, double(k)));
  }
  const auto found = recognize_features(tensors);
  for (int k = 0; k < 5; ++k) {
    const auto& head = found.tensors.at(cat("lin", k, ".model.1.weight"));
    BOOST_TEST(head.shape() == (rt::Shape{1, widths[size_t(k)], 1, 1}));
    BOOST_TEST(head.to_doubles()[0] == k);
  }
  tensors.pop_back();
  check_refused(tensors, "not LPIPS's five");
  BOOST_TEST(recognize_heads({{"x", tensor({3}, 0)}}).empty());
  NamedTensors some{{"lin0.model.1.weight", tensor({1, 4, 1, 1}, 0)}};
  BOOST_CHECK_THROW(recognize_heads(some), Error);
}

BOOST_AUTO_TEST_CASE(other_networks_are_refused) {
  check_refused({}, "no network known here");
  check_refused({{"weight", tensor({2, 2, 3, 3}, 0)}}, "no network known here");
  auto tensors = vgg16();
  tensors[2].second = tensor({4, 5, 3, 3}, 0);
  check_refused(tensors, "as many convolutions as VGG16");
  tensors = vgg16();
  tensors.erase(tensors.begin() + 3);
  check_refused(tensors, "'conv2.weight' has no bias");
  tensors = vgg16();
  tensors.emplace_back("norm1.running_mean", tensor({4}, 0));
  check_refused(tensors, "batch norm");
  check_refused(
      {{"features.0.weight", tensor({4, 3, 3, 3}, 0)}, {"features.1.running_mean", tensor({4}, 0)}},
      "batch norm");
  check_refused({{"features.0.weight", tensor({4, 3, 3, 3}, 0)}}, "'features.5.weight'");
}

BOOST_AUTO_TEST_CASE(inception_by_its_shapes) {
  for (const bool gamma : {false, true}) {
    std::vector<std::string> parts{"beta", "moving_mean", "moving_variance"};
    if (gamma) parts.push_back("gamma");
    const auto found = recognize_features(inception(parts));
    BOOST_TEST(found.network == "inception-v3");
    BOOST_TEST(found.tensors.size() == inception_shapes().size());
    const auto& weight = found.tensors.at("Mixed_6b.branch7x7_2.bn.weight");
    BOOST_TEST(weight.device().is_meta() == gamma);
    if (!gamma) BOOST_TEST(weight.to_doubles()[0] == 1);
  }
  check_refused(inception({"a", "b", "c"}), "cannot tell what 'layer0.norm.a' is");
  check_refused(inception({"beta", "mean"}), "taken are");
  check_refused(inception({"beta", "mean", "mean2", "var"}), "cannot tell what");
  auto swapped = inception({"beta", "mean", "var"});
  std::swap(swapped[0].second, swapped[4].second);
  check_refused(swapped, "as many convolutions as Inception-v3");
  auto headless = inception({"beta", "mean", "var"});
  headless.resize(headless.size() - 2);
  check_refused(headless, "fc.");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
