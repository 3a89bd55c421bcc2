// A model file of every preset through the programs: sgan-info knows it, and z to w to pictures by
// pipe gives the library's own numbers.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lib/io/model.hpp"
#include "lib/io/output.hpp"
#include "tests/nets/preset_test.hpp"

using namespace sgan;
using namespace sgan::nets;
using namespace sgan::nets::presets_test;

namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "sgan-presets-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string operator()(const char* name) const { return (path / name).string(); }
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run(const std::string& command) {
  const std::string line = "set -o pipefail; export PATH=" SGAN_BIN ":$PATH; " + command;
  BOOST_TEST_CONTEXT(command) { BOOST_TEST(std::system(("bash -c '" + line + "'").c_str()) == 0); }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(preset_files)

BOOST_AUTO_TEST_CASE(programs_take_every_preset) {
  const Folder folder;
  const std::string model = folder("model.sgan"), info = folder("info"), npy = folder("npy");
  for (const std::string& name : distinct_generators()) {
    BOOST_TEST_CONTEXT(name) {
      const Preset p = preset(name, tiny());
      io::TensorMap tensors;
      io::add_network(tensors, "G_ema", weights_of(p));
      if (p.family == p.discriminator_family) {
        io::add_network(tensors, "D",
                        random_discriminator_weights(p.discriminator_family, p.discriminator, 5));
      }
      io::Output out(model);
      const std::string hash = io::write_model(out,
                                               {.architecture = std::string(name_of(p.family)),
                                                .generator = p.generator.dump(),
                                                .discriminator = p.discriminator.dump()},
                                               tensors);
      out.finish();

      run("sgan-info --json --hash " + model + " > " + info);
      const auto said = nlohmann::json::parse(contents(info), nullptr, false);
      BOOST_REQUIRE(said.is_object());
      BOOST_TEST(said["architecture"] == std::string(name_of(p.family)));
      BOOST_TEST(said["resolution"] == 32);
      BOOST_TEST(said["sha256"] == hash);
      BOOST_CHECK(said["generator"] == p.generator);

      const std::string psi = generator_info(p.family, p.generator).has_average ? "--psi 1" : "";
      run("sgan-z -m " + model + " --seeds 4,5 | sgan-map -m " + model + " " + psi +
          " | sgan-synth -m " + model + " --format npy --type f32 > " + npy);
      const std::string bytes = contents(npy);
      rt::Tensor got({2, 32, 32, 3}, rt::DType::f32);
      BOOST_REQUIRE(bytes.size() > got.bytes());
      std::memcpy(got.bytes_data(), bytes.data() + bytes.size() - got.bytes(), got.bytes());
      ag::NoGrad inference;
      const auto net = generator_of(p);
      const uint32_t seeds[] = {4, 5};
      const ag::Var ws = net->map(numpy_latents(seeds, net->info().z_dim), {}, 1, -1);
      BOOST_TEST(relative_error(got, net->synthesize(ws, {}).value()) < 1e-5);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
