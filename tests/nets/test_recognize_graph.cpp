// An Inception-v3 whose layers have the names of the graph of 2015-12-05, in any order.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "lib/nets/inception.hpp"
#include "lib/nets/recognize.hpp"

using namespace sgan;
using namespace sgan::nets;
using rt::Shape;
using rt::Tensor;

namespace {

struct Layer {
  const char *graph, *name;  // in the archive; in ours
};
// One block of each kind, with the stem, written down here once more.
const std::vector<Layer> known{{"conv", "Conv2d_1a_3x3"},
                               {"conv_4", "Conv2d_4a_3x3"},
                               {"mixed.conv", "Mixed_5b.branch1x1"},
                               {"mixed.tower.conv_1", "Mixed_5b.branch5x5_2"},
                               {"mixed_2.tower_1.conv_2", "Mixed_5d.branch3x3dbl_3"},
                               {"mixed_2.tower_2.conv", "Mixed_5d.branch_pool"},
                               {"mixed_3.conv", "Mixed_6a.branch3x3"},
                               {"mixed_3.tower.conv", "Mixed_6a.branch3x3dbl_1"},
                               {"mixed_3.tower.conv_2", "Mixed_6a.branch3x3dbl_3"},
                               {"mixed_7.tower.conv_1", "Mixed_6e.branch7x7_2"},
                               {"mixed_7.tower_1.conv_1", "Mixed_6e.branch7x7dbl_2"},
                               {"mixed_7.tower_1.conv_4", "Mixed_6e.branch7x7dbl_5"},
                               {"mixed_8.tower.conv_1", "Mixed_7a.branch3x3_2"},
                               {"mixed_8.tower_1.conv_3", "Mixed_7a.branch7x7x3_4"},
                               {"mixed_9.tower_mixed_conv", "Mixed_7b.branch3x3_2a"},
                               {"mixed_9.tower_1_mixed_conv_1", "Mixed_7b.branch3x3dbl_3b"},
                               {"mixed_10.conv", "Mixed_7c.branch1x1"},
                               {"mixed_10.tower_conv", "Mixed_7c.branch3x3_1"},
                               {"mixed_10.tower_mixed_conv", "Mixed_7c.branch3x3_2a"},
                               {"mixed_10.tower_mixed_conv_1", "Mixed_7c.branch3x3_2b"},
                               {"mixed_10.tower_1_conv", "Mixed_7c.branch3x3dbl_1"},
                               {"mixed_10.tower_1_conv_1", "Mixed_7c.branch3x3dbl_2"},
                               {"mixed_10.tower_1_mixed_conv", "Mixed_7c.branch3x3dbl_3a"},
                               {"mixed_10.tower_1_mixed_conv_1", "Mixed_7c.branch3x3dbl_3b"},
                               {"mixed_10.tower_2_conv", "Mixed_7c.branch_pool"}};

// The modules in the order of the archive, each with the shape of its weight.
NamedTensors archive() {
  const auto layers = [](const std::string& scope, std::vector<std::pair<const char*, Shape>> all) {
    NamedTensors tensors;
    for (const auto& [name, shape] : all) {
      const std::string module = cat("layers.", scope, name);
      tensors.emplace_back(module + ".weight", Tensor::full(shape, 1));
      for (const char* part : {".beta", ".mean", ".var"})
        tensors.emplace_back(module + part, Tensor::full({shape[0]}, 1));
    }
    return tensors;
  };
  NamedTensors all;
  const auto add = [&](const NamedTensors& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(layers("", {{"conv", {32, 3, 3, 3}},
                  {"conv_1", {32, 32, 3, 3}},
                  {"conv_2", {64, 32, 3, 3}},
                  {"conv_3", {80, 64, 1, 1}},
                  {"conv_4", {192, 80, 3, 3}}}));
  int number = 0;
  const auto scope = [&] {
    const std::string name = number == 0 ? "mixed." : cat("mixed_", number, '.');
    ++number;
    return name;
  };
  for (const auto& [in, pooled] : {std::pair<int64_t, int64_t>{192, 32}, {256, 64}, {288, 64}}) {
    add(layers(scope(), {{"conv", {64, in, 1, 1}},
                         {"tower.conv", {48, in, 1, 1}},
                         {"tower.conv_1", {64, 48, 5, 5}},
                         {"tower_1.conv", {64, in, 1, 1}},
                         {"tower_1.conv_1", {96, 64, 3, 3}},
                         {"tower_1.conv_2", {96, 96, 3, 3}},
                         {"tower_2.conv", {pooled, in, 1, 1}}}));
  }
  add(layers(scope(), {{"conv", {384, 288, 3, 3}},
                       {"tower.conv", {64, 288, 1, 1}},
                       {"tower.conv_1", {96, 64, 3, 3}},
                       {"tower.conv_2", {96, 96, 3, 3}}}));
  for (const int64_t c : {128, 160, 160, 192}) {
    add(layers(scope(), {{"conv", {192, 768, 1, 1}},
                         {"tower.conv", {c, 768, 1, 1}},
                         {"tower.conv_1", {c, c, 1, 7}},
                         {"tower.conv_2", {192, c, 7, 1}},
                         {"tower_1.conv", {c, 768, 1, 1}},
                         {"tower_1.conv_1", {c, c, 7, 1}},
                         {"tower_1.conv_2", {c, c, 1, 7}},
                         {"tower_1.conv_3", {c, c, 7, 1}},
                         {"tower_1.conv_4", {192, c, 1, 7}},
                         {"tower_2.conv", {192, 768, 1, 1}}}));
  }
  add(layers(scope(), {{"tower.conv", {192, 768, 1, 1}},
                       {"tower.conv_1", {320, 192, 3, 3}},
                       {"tower_1.conv", {192, 768, 1, 1}},
                       {"tower_1.conv_1", {192, 192, 1, 7}},
                       {"tower_1.conv_2", {192, 192, 7, 1}},
                       {"tower_1.conv_3", {192, 192, 3, 3}}}));
  for (const int64_t in : {1280, 2048}) {  // as a program would write them: depth by depth
    add(layers(scope(), {{"tower_conv", {384, in, 1, 1}},
                         {"tower_1_conv", {448, in, 1, 1}},
                         {"tower_1_conv_1", {384, 448, 3, 3}},
                         {"conv", {320, in, 1, 1}},
                         {"tower_1_mixed_conv", {384, 384, 1, 3}},
                         {"tower_1_mixed_conv_1", {384, 384, 3, 1}},
                         {"tower_mixed_conv", {384, 384, 1, 3}},
                         {"tower_mixed_conv_1", {384, 384, 3, 1}},
                         {"tower_2_conv", {192, in, 1, 1}}}));
  }
  all.emplace_back("output.weight", Tensor::full({1008, 2048}, 1));
  all.emplace_back("output.bias", Tensor::full({1008}, 1));
  return all;
}

// Each layer gets a number of its own in the mean of its batch norm and in its weight.
void mark(NamedTensors& tensors) {
  for (auto& [name, tensor] : tensors) {
    for (size_t k = 0; k < known.size(); ++k) {
      if (name == cat("layers.", known[k].graph, ".weight") ||
          name == cat("layers.", known[k].graph, ".mean")) {
        tensor = Tensor::full(tensor.shape(), double(k) + 2);
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recognize_graph)

BOOST_AUTO_TEST_CASE(layers_of_the_graph_go_by_their_names) {
  NamedTensors tensors = archive();
  mark(tensors);
  for (const bool backwards : {false, true}) {
    if (backwards) std::reverse(tensors.begin(), tensors.end());
    const FeatureNetwork found = recognize_features(tensors);
    BOOST_TEST(found.network == "inception-v3");
    BOOST_TEST(found.tensors.size() == inception_shapes().size());
    for (size_t k = 0; k < known.size(); ++k) {
      const std::string name = known[k].name;
      BOOST_TEST(found.tensors.at(name + ".conv.weight").to_doubles()[0] == double(k) + 2, name);
      BOOST_TEST(found.tensors.at(name + ".bn.running_mean").to_doubles()[0] == double(k) + 2,
                 name);
      BOOST_TEST(found.tensors.at(name + ".bn.weight").to_doubles()[0] == 1, name);
    }
  }
}

// Without one of the names only the order can tell, and it does not.
BOOST_AUTO_TEST_CASE(other_names_in_another_order_are_refused) {
  NamedTensors tensors = archive();
  for (auto& [name, tensor] : tensors) {
    const size_t at = name.find("mixed_10.tower_1_conv_1.");
    if (at != name.npos) name.replace(at, 23, "mixed_10.tower_1_layer");
  }
  BOOST_CHECK_THROW(recognize_features(tensors), Error);
}

BOOST_AUTO_TEST_SUITE_END()
