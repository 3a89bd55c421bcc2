// The JSON of streams and models: provenance, end frames, headers, settings, and labels beside
// them.
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "lib/io/json.hpp"
#include "lib/io/model.hpp"
#include "lib/io/provenance.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all = fuzz::text(data, size);
  fuzz::survive([&] {
    const io::StreamNote note = io::parse_note(all, "fuzz");
    if (note.front) {  // what was understood is written and understood again
      const io::StreamNote again = io::parse_note(io::to_json(*note.front), "again");
      fuzz::require(again.front && again.front->kind == note.front->kind &&
                    again.front->model == note.front->model);
    }
  });
  fuzz::survive([&] { io::parse_safetensors_header(all, "fuzz"); });
  fuzz::survive([&] {  // a JSON object of strings as the metadata of a model
    const nlohmann::json object = io::parse_json(all, "fuzz");
    check(object.is_object(), "not an object");
    io::Metadata metadata;
    for (const auto& [key, value] : object.items()) {
      if (value.is_string()) metadata[key] = value.get<std::string>();
    }
    const io::ModelSettings settings = io::read_settings(metadata, "fuzz");
    metadata.erase("sgan.sha256");
    for (const char* key : {"discriminator", "training", "licence", "origin"}) {
      if (metadata.contains(key) && metadata[key].empty()) metadata.erase(key);
    }
    fuzz::require(io::to_metadata(settings) == metadata);
  });
  return 0;
}
