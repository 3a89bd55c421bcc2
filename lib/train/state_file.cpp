#include "lib/train/state_file.hpp"

#include "lib/io/json.hpp"
#include "lib/io/output.hpp"
#include "lib/io/safetensors.hpp"

namespace sgan::train {

void write_state(const std::string& path, const SavedState& state) {
  io::Output out(path);
  const io::Metadata metadata{{"sgan.kind", "training-state"},
                              {"sgan.format", "1"},
                              {"options", state.options.dump()},
                              {"counters", state.counters.dump()}};
  io::write_safetensors(out, state.tensors, metadata, {.compress = true});
  out.finish();
}

SavedState read_state(const std::string& path) {
  const io::SafetensorsFile file(path);
  const auto text = [&](const char* key) {
    const auto found = file.metadata().find(key);
    check(found != file.metadata().end(), path, ": not the state of a training run: no '", key,
          "'");
    return found->second;
  };
  check(text("sgan.kind") == "training-state", path, ": not the state of a training run");
  SavedState state;
  state.options = io::parse_json(text("options"), path + ": options", 32);
  state.counters = io::parse_json(text("counters"), path + ": counters", 32);
  state.tensors = file.read_all();
  return state;
}

}  // namespace sgan::train
