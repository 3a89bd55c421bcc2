// Writes a model with random weights, for tests and benchmarks:
//   random-model ARCHITECTURE SEED '{"z_dim": 16, ...}' [OTHER] > MODEL
// With OTHER the file claims these settings, whatever its tensors are: for tests of bad input.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "lib/io/model.hpp"
#include "lib/io/output.hpp"
#include "lib/nets/generator.hpp"

int main(int argc, char** argv) try {
  using namespace sgan;
  check(argc == 4 || argc == 5, "random-model ARCHITECTURE SEED JSON [OTHER]");
  io::ModelSettings settings;
  settings.architecture = argv[1];
  settings.generator = argv[argc - 1];
  settings.origin = "random weights";
  io::TensorMap tensors;
  const auto family = nets::parse_family(argv[1]);
  io::add_network(tensors, "G_ema",
                  nets::random_weights(family, nlohmann::json::parse(argv[3]),
                                       std::strtoull(argv[2], nullptr, 10)));
  io::Output out("-");
  io::write_model(out, settings, tensors);
  out.finish();
} catch (const std::exception& error) {
  std::fprintf(stderr, "random-model: %s\n", error.what());
  return 1;
}
