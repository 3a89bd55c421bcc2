#include <nlohmann/json.hpp>

#include "io_test.hpp"
#include "lib/io/labels.hpp"
#include "lib/io/model.hpp"
#include "lib/io/npy.hpp"

using namespace sgan::io;
using sgan::rt::DType;
using sgan::rt::Shape;
using sgan::rt::Tensor;

namespace {

ModelSettings settings() {
  ModelSettings s;
  s.architecture = "stylegan2";
  s.generator = R"({"z_dim": 16, "mapping_kwargs": {"num_layers": 2}})";
  s.discriminator = R"({"c_dim": 0})";
  s.licence = "CC0";
  s.more["note"] = "kept";
  return s;
}

TensorMap tensors() {
  TensorMap all;
  add_network(all, "D", {{"b4.weight", random_tensor({3, 3}, 1)}});
  add_network(all, "G", {{"mapping.fc0.weight", random_tensor({4, 4}, 2)}});
  add_network(all, "G_ema",
              {{"mapping.fc0.weight", random_tensor({4, 4}, 3)},
               {"synthesis.b4.const", random_tensor({4, 4, 4}, 4)}});
  return all;
}

std::string written(const ModelSettings& s, const TensorMap& all, std::string* hash = nullptr) {
  StringSink out;
  const std::string digits = write_model(out, s, all);
  if (hash) *hash = digits;
  return out.text;
}

ModelFile open(const std::string& bytes) { return ModelFile(SafetensorsFile(bytes, "test")); }

std::string with_metadata(Metadata metadata, const TensorMap& all) {
  StringSink out;
  write_safetensors(out, all, metadata, {.compress = false, .hash_key = "sgan.sha256"});
  return out.text;
}

Tensor labels_of(const std::string& bytes, int64_t c_dim) {
  Scratch scratch;
  write_file(scratch / "labels", bytes);
  const LabelRows labels = read_labels(scratch / "labels", c_dim);
  return labels.rows(0, labels.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(model_comes_back_whole_and_in_parts) {
  std::string hash;
  const TensorMap all = tensors();
  const std::string bytes = written(settings(), all, &hash);
  BOOST_TEST(bytes == written(settings(), tensors()));
  const ModelFile model = open(bytes);
  BOOST_TEST(model.hash() == hash);
  model.verify();
  BOOST_TEST(model.settings().architecture == "stylegan2");
  BOOST_TEST(model.settings().licence == "CC0");
  BOOST_TEST(model.settings().training.empty());
  BOOST_TEST(model.settings().more.at("note") == "kept");
  BOOST_TEST(model.generator_args()["mapping_kwargs"]["num_layers"] == 2);
  BOOST_TEST(model.discriminator_args()["c_dim"] == 0);
  BOOST_TEST((model.has("G_ema") && model.has("G") && model.has("D")));
  const TensorMap g = model.network("G_ema");
  BOOST_REQUIRE_EQUAL(g.size(), 2u);
  BOOST_TEST(equal(g.at("synthesis.b4.const"), all.at("G_ema.synthesis.b4.const")));
  const TensorMap mapping = model.network("G_ema", "mapping.");
  BOOST_REQUIRE_EQUAL(mapping.size(), 1u);
  BOOST_TEST(equal(mapping.at("mapping.fc0.weight"), all.at("G_ema.mapping.fc0.weight")));
  BOOST_TEST(model.file().entries()[0].name == "G_ema.mapping.fc0.weight");  // what sgan-map reads
  BOOST_TEST(model.file().entries().back().name == "D.b4.weight");
  ModelSettings other = settings();
  other.licence = "none";
  BOOST_TEST(open(written(other, all)).hash() != hash);
}

BOOST_AUTO_TEST_CASE(model_mapping_is_read_without_the_rest) {
  TensorMap all = tensors();
  all["G_ema.synthesis.big"] = random_tensor({1 << 16}, 5);
  std::string bytes = written(settings(), all);
  bytes[bytes.size() - 5] =
      char(bytes[bytes.size() - 5] ^ 1);  // in the checksum of the last frame, D
  const ModelFile model = open(bytes);
  BOOST_TEST(model.network("G_ema").size() == 3u);
  check_error([&] { model.network("D"); }, "test: damaged near byte");
  check_error([&] { model.verify(); }, "test: damaged near byte");
}

BOOST_AUTO_TEST_CASE(model_changed_behind_its_hash_is_found) {
  const TensorMap all = tensors();
  StringSink out;
  Metadata metadata = to_metadata(settings());
  metadata["sgan.sha256"] = std::string(64, 'a');
  write_safetensors(out, all, metadata);
  check_error([&] { open(out.text).verify(); }, "test: damaged or changed: its hash is ");
}

BOOST_AUTO_TEST_CASE(model_metadata_are_checked) {
  const auto refuse = [](const std::string& key, const std::string& value,
                         const std::string& part) {
    Metadata metadata = to_metadata(settings());
    metadata[key] = value;
    check_error([&] { open(with_metadata(metadata, tensors())); }, part);
  };
  BOOST_TEST(open(with_metadata(to_metadata(settings()), tensors())).has("D"));
  refuse("sgan.format", "2", "test: model format '2' is not known; this program reads format 1");
  refuse("architecture", "vae", "test: architecture 'vae' is not known");
  refuse("architecture", "", "architecture '' is not known");
  refuse("generator", "[]", "test: generator settings: not a JSON object");
  refuse("generator", "{", "test: generator settings: not valid JSON");
  refuse("generator", "{\"a\":1,\"a\":2}", "'a' occurs twice");
  refuse("discriminator", "3", "test: discriminator settings: not a JSON object");
  refuse("discriminator", "", "has a discriminator, but no settings of it");
  refuse("training", "x", "test: training history: not valid JSON");
  check_error([] { open(with_metadata({}, tensors())); }, "import it with sgan-import");
  TensorMap odd = tensors();
  odd["weight"] = random_tensor({1}, 1);
  check_error([&] { open(with_metadata(to_metadata(settings()), odd)); },
              "tensor 'weight' belongs to no network");
  check_error([] { open(with_metadata(to_metadata(settings()), {})); }, "test: holds no network");
  StringSink out;
  write_safetensors(out, tensors(), to_metadata(settings()));
  check_error([&] { open(out.text); }, "have no valid sgan.sha256");
  ModelSettings wrong = settings();
  wrong.generator = "x";
  check_error([&] { written(wrong, tensors()); }, "generator settings: not valid JSON");
  TensorMap only_g;
  add_network(only_g, "G_ema", {{"a", random_tensor({1}, 1)}});
  ModelSettings without_d = settings();
  without_d.discriminator.clear();
  const ModelFile model = open(written(without_d, only_g));
  check_error([&] { model.network("D"); }, "test: has no network D");
  check_error([&] { model.discriminator_args(); }, "test: has no discriminator");
  check_error([&] { add_network(only_g, "H", {}); }, "cannot have the role H");
}

BOOST_AUTO_TEST_CASE(labels_as_text) {
  const Tensor expected = Tensor::from(std::vector<float>{0, 0, 1, 1, 0, 0}, {2, 3});
  for (const char* text : {"2\n0\n", "2\r\n\r\n0", "# classes\n 2 # two\n\n+0\n",
                           "0,0,1\n1, 0, 0\n", "0 0 1\n1;0;0\n", "2\n1 0 0"}) {
    BOOST_TEST(equal(labels_of(text, 3), expected), text);
  }
  BOOST_TEST(labels_of("0.25,0.5,0.25", 3).data<float>()[1] == 0.5f);
  const auto refuse = [](const std::string& text, const std::string& part) {
    check_error([&] { labels_of(text, 3); }, part);
  };
  refuse("0\n3\n", "line 2: label 3 is out of range; the model has the classes 0 to 2");
  refuse("-1", "line 1: label -1 is out of range");
  refuse("1.5", "line 1: label 1.5 is not a whole number");
  refuse("0,1", "line 1: 2 numbers; one index or 3 numbers are wanted");
  refuse("cat", "line 1: 'cat' is not a number");
  refuse("0,1,0x1", "'0x1' is not a number");
  refuse("0,nan,1", "line 1: label is not finite");
  refuse("1e999", "is not a number");
  refuse("", "holds no labels");
  refuse("#\n\n", "holds no labels");
  refuse("\x89PNG\r\n\x1a\n--------", "a PNG picture, not labels");
  check_error([] { labels_of("0", 0); }, "a model that has no classes");
}

BOOST_AUTO_TEST_CASE(labels_as_arrays) {
  const auto npy = [](const Tensor& t) {
    StringSink out;
    write_npy(out, t);
    return out.text;
  };
  const Tensor expected = Tensor::from(std::vector<float>{0, 0, 1, 1, 0, 0}, {2, 3});
  BOOST_TEST(equal(labels_of(npy(Tensor::from(std::vector<int64_t>{2, 0}, {2})), 3), expected));
  BOOST_TEST(equal(labels_of(npy(Tensor::from(std::vector<uint8_t>{2, 0}, {2, 1})), 3), expected));
  BOOST_TEST(equal(labels_of(npy(expected), 3), expected));
  BOOST_TEST(equal(labels_of(npy(expected.to(DType::f64)), 3), expected));
  const auto refuse = [&](const Tensor& t, const std::string& part) {
    check_error([&] { labels_of(npy(t), 3); }, part);
  };
  refuse(Tensor::from(std::vector<int64_t>{0, 3}, {2}), "row 1: label 3 is out of range");
  refuse(Tensor::from(std::vector<float>{0.5f}, {1}), "row 0: label 0.5 is not a whole number");
  refuse(Tensor::from(std::vector<float>{NAN}, {1}), "row 0: label");
  refuse(Tensor::zeros({2, 4}), "array of shape [2, 4]; [n] or [n, 3] is wanted");
  refuse(Tensor({0, 3}, DType::f32), "holds no labels");
  check_error([&] { labels_of(npy(expected) + "x", 3); }, "goes on after its array");
}

// As rows these would be 4 TB.
BOOST_AUTO_TEST_CASE(labels_of_many_classes_are_small) {
  Scratch scratch;
  std::string text = "7\n";
  for (int i = 0; i < 100000; ++i) text += "9999999\n";
  write_file(scratch / "labels", text);
  const LabelRows labels = read_labels(scratch / "labels", 10000000);
  BOOST_TEST(labels.size() == 100001);
  const Tensor first = labels.rows(0, 2);
  BOOST_TEST(first.data<float>()[7] == 1);
  BOOST_TEST(first.data<float>()[19999999] == 1);
  check_error([&] { labels.rows(100001, 100002); }, "labels 100001 to 100002 of 100001");
}

BOOST_AUTO_TEST_CASE(labels_one_hot) {
  BOOST_TEST(
      equal(one_hot_labels(1, 3, 2), Tensor::from(std::vector<float>{0, 1, 0, 0, 1, 0}, {2, 3})));
  check_error([] { one_hot_labels(3, 3, 1); },
              "class 3 is out of range; the model has the classes 0 to 2");
  check_error([] { one_hot_labels(-1, 3, 1); }, "class -1 is out of range");
  check_error([] { one_hot_labels(0, 0, 1); }, "the model has no classes");
}
