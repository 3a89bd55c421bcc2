// State dictionaries of networks as safetensors: what the names and shapes of tensors are taken
// for.
#include "fuzz.hpp"
#include "lib/io/import/import.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const io::Wanted wanted : {io::Wanted::generators, io::Wanted::any}) {
    fuzz::survive([&] {
      const io::SafetensorsFile file(fuzz::text(data, size), "fuzz");
      if (!fuzz::is_small(file)) return;
      const io::ImportedModel model = io::import_network(file, wanted);
      fuzz::require(!model.others.empty() || (!model.family.empty() && !model.networks.empty()));
      model.generator_args.dump();  // throws when it is no JSON
      model.discriminator_args.dump();
      model.history.dump();
    });
  }
  return 0;
}
