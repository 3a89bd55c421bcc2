// Network pickles of any kind: bytes in, an imported model or an Error out.
#include "fuzz.hpp"
#include "lib/io/import/import.hpp"
#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/text.hpp"
#include "lib/io/pickle/torch_file.hpp"

using namespace sgan;
using namespace sgan::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto data = fuzz::text(bytes, size);
  fuzz::survive([&] {
    const ImportedModel model = import_network(data, "fuzz", Wanted::any);
    fuzz::require(!model.others.empty() || (!model.family.empty() && !model.networks.empty()));
    model.generator_args.dump();  // throws when it is no JSON
    model.discriminator_args.dump();
    model.history.dump();
  });
  fuzz::survive([&] {  // also what is no network, down to every leaf
    const pickle::Tree tree = pickle::parse(data, "fuzz");
    pickle::to_json(tree.root()).dump();
    pickle::Budget budget(size);
    pickle::TensorReader reader(budget, nullptr);
    pickle::contents(tree.root(), reader);
  });
  return 0;
}
