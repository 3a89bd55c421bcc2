// Files of networks that are no generators: everything in them, in order, bit for bit.
#include <boost/test/unit_test.hpp>

#include "lib/io/import/import.hpp"
#include "tests/io/io_test.hpp"
#include "tests/io/torch_writer.hpp"

namespace sgan::io {
namespace {

BOOST_AUTO_TEST_SUITE(import_feature_networks)

const NamedTensors tensors{{"z.weight", random_tensor({4, 3, 3, 3}, 1)},
                           {"z.bias", random_tensor({4}, 2)},
                           {"a.inner.weight", random_tensor({2, 4}, 3)},
                           {"scale", random_tensor({1, 3, 1, 1}, 4)}};

void check_others(const std::string& bytes, const std::string& origin) {
  const ImportedModel model = import_network(bytes, "f", Wanted::any);
  BOOST_TEST(model.origin == origin);
  BOOST_TEST(model.networks.empty());
  BOOST_REQUIRE(model.others.size() == tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    BOOST_TEST(model.others[i].first == tensors[i].first);
    BOOST_TEST(equal(model.others[i].second, tensors[i].second), tensors[i].first);
  }
}

BOOST_AUTO_TEST_CASE(dictionaries_and_scripts_in_order) {
  check_others(TorchWriter::save(tensors), "PyTorch state dictionary");
  check_others(TorchWriter::save(tensors, true), "PyTorch module");
  check_error([] { import_network(TorchWriter::save(tensors), "f"); }, "no network known here");
  check_error([] { import_network(TorchWriter::save(tensors, true), "f"); }, "not of a network");
  check_error([] { import_network(TorchWriter::save({}), "f", Wanted::any); }, "not of a network");
}

BOOST_AUTO_TEST_CASE(cut_anywhere) {
  for (const bool script : {false, true}) {
    const std::string bytes = TorchWriter::save(tensors, script);
    for (size_t n = 0; n < bytes.size(); n += 7) {
      BOOST_TEST(!error_of([&] { import_network(bytes.substr(0, n), "f", Wanted::any); }).empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(generators_stay_generators) {
  const NamedTensors generator{{"synthesis.b4.conv1.weight", random_tensor({4, 4, 3, 3}, 1)}};
  check_error([&] { import_network(TorchWriter::save(generator), "f", Wanted::any); }, "f: ");
}

NamedTensors discriminator(int statistics) {
  NamedTensors v{{"lod", rt::Tensor::zeros({})}};
  for (const auto& [name, shape] :
       std::vector<std::pair<std::string, rt::Shape>>{{"FromRGB_lod0", {1, 1, 3, 4}},
                                                      {"FromRGB_lod1", {1, 1, 3, 4}},
                                                      {"8x8/Conv0", {3, 3, 4, 4}},
                                                      {"8x8/Conv1_down", {3, 3, 4, 4}},
                                                      {"4x4/Conv", {3, 3, 4 + statistics, 4}},
                                                      {"4x4/Dense0", {64, 4}},
                                                      {"4x4/Dense1", {4, 1}}}) {
    v.emplace_back(name + "/weight", random_tensor(shape, unsigned(v.size())));
    v.emplace_back(name + "/bias", random_tensor({shape.dims().back()}, unsigned(v.size())));
  }
  return v;
}

BOOST_AUTO_TEST_CASE(classifiers_of_the_tensorflow_era) {
  const auto variables = discriminator(0);
  for (int protocol = 2; protocol <= 5; ++protocol) {
    const std::string pickle =
        tensorflow_network(variables, {{"fmap_max", 4}}, "D_basic", protocol);
    const ImportedModel model = import_network(pickle, "c", Wanted::any);
    BOOST_TEST(model.classifier);
    BOOST_TEST(model.family == "stylegan1");
    BOOST_TEST(model.discriminator_args["mbstd_group_size"] == 0);  // its tensors say so
    BOOST_TEST(model.discriminator_args["resolution"] == 8);
    BOOST_TEST(model.warnings.empty());
    const auto& d = model.networks.at("D");
    BOOST_TEST(d.size() == variables.size());
    const rt::Tensor& dense = variables[11].second;
    BOOST_TEST(equal(d.at("4x4/Dense0/weight"), dense.permute({1, 0})), variables[11].first);
    check_error([&] { import_network(pickle, "c"); }, "`D_basic` is no generator");
  }
  const auto with =
      import_network(tensorflow_network(discriminator(1), {}, "D_basic"), "c", Wanted::any);
  BOOST_TEST(with.discriminator_args["mbstd_group_size"] == 4);
  BOOST_TEST(with.warnings.size() == 1u);
  check_error(
      [&] { import_network(tensorflow_network(variables, {}, "D_paper"), "c", Wanted::any); },
      "discriminator of ProGAN");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io
