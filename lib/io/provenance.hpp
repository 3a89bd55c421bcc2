// Where a stream comes from: a small JSON object in a zstd skippable frame (0x184D2A53) before the
// data, and another one behind it that says that nothing is missing. See sgan-stream(5).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sgan::io {

enum class Kind { z, w, image };
std::string_view name_of(Kind kind);  // "z", "w", "image"

struct Provenance {
  Kind kind = Kind::z;
  std::string model;          // hash of the model that made it; empty when none did
  std::optional<double> psi;  // of w
  std::optional<int> cutoff;  // of w; -1 all layers
  std::string seeds;          // as for --seeds: "0-15,85"; empty when unknown
  std::string labels;         // as the user gave them; empty when there are none
  // Further remarks of programs, such as "noise" or "mix"; names other than the ones above.
  std::map<std::string, std::string> notes;
};

inline constexpr int kStreamVariant = 3;  // low nibble of the frame's magic; 0x53 is 'S'
inline constexpr int kStreamVersion = 1;
inline constexpr size_t kMaxProvenance = size_t{1} << 16;  // bytes; longer seed lists are left out

// "0-3,7" for {0, 1, 2, 3, 7}: runs of increasing numbers joined.
std::string join_seeds(const std::vector<uint32_t>& seeds);

// The end of a stream: what came before it.
struct StreamEnd {
  int64_t arrays = 0, rows = 0;
};

std::string to_json(const Provenance& provenance);
std::string to_json(const StreamEnd& end);
// What a skippable frame of our variant holds. Neither is set when it is not ours; throws Error,
// beginning with `name`, when it is but is damaged or of a later version.
struct StreamNote {
  std::optional<Provenance> front;
  std::optional<StreamEnd> end;
};
StreamNote parse_note(std::string_view json, const std::string& name);

}  // namespace sgan::io
