#include "lib/train/state_file.hpp"

#include "lib/io/json.hpp"
#include "lib/io/output.hpp"

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

bool is_state(const io::SafetensorsFile& file) {
  const auto kind = file.metadata().find("sgan.kind");
  return kind != file.metadata().end() && kind->second == "training-state";
}

SavedState read_state_header(const io::SafetensorsFile& file) {
  const std::string& path = file.name();
  const auto text = [&](const char* key) {
    const auto found = file.metadata().find(key);
    check(found != file.metadata().end(), path, ": not the state of a training run: no '", key,
          "'");
    return found->second;
  };
  check(text("sgan.kind") == "training-state", path, ": not the state of a training run");
  check(text("sgan.format") == "1", path, ": the state of a training run in format ",
        io::shown(text("sgan.format")), ", which this version does not know");
  SavedState state;
  state.options = io::parse_json(text("options"), path + ": options", 32);
  state.counters = io::parse_json(text("counters"), path + ": counters", 32);
  return state;
}

SavedState read_state(const std::string& path) {
  const io::SafetensorsFile file(path);
  SavedState state = read_state_header(file);
  state.tensors = file.read_all();
  return state;
}

}  // namespace sgan::train
