// Named tensors in one file: the safetensors format (Hugging Face: 8 bytes of header length, JSON
// header, data), bare or compressed with zstd.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/output.hpp"
#include "lib/io/source.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

using TensorMap = std::map<std::string, rt::Tensor>;
using Metadata = std::map<std::string, std::string>;

struct TensorEntry {
  std::string name;
  rt::DType type = rt::DType::f32;
  rt::Shape shape;
  uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
};

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // in the order of the data, without gap or overlap
  Metadata metadata;
  uint64_t data_bytes() const { return entries.empty() ? 0 : entries.back().end; }
};

// Checks everything: names, element types, sizes, offsets. Errors begin with `name`.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& name);

// An open file. Only the header is read at first; read() touches no more than it needs: of a
// compressed file only the frames that hold the wanted tensors, on all cores.
class SafetensorsFile {
 public:
  // Maps a file; "-" and "" read stdin. Throws Error when it is not safetensors or is incomplete.
  explicit SafetensorsFile(const std::string& path);
  // Reads it through now.
  explicit SafetensorsFile(std::unique_ptr<Source> source);
  // Bytes that stay alive elsewhere, such as an embedded model.
  SafetensorsFile(std::string_view bytes, const std::string& name);

  const std::string& name() const { return name_; }
  const Metadata& metadata() const { return header_.metadata; }
  const std::vector<TensorEntry>& entries() const { return header_.entries; }
  const TensorEntry* find(std::string_view tensor) const;  // null when there is none
  bool compressed() const { return !frames_.empty(); }

  rt::Tensor read(std::string_view tensor) const;  // throws Error when there is none
  TensorMap read_all() const;
  // Those for which `wanted` is true.
  TensorMap read(const std::function<bool(const TensorEntry&)>& wanted) const;
  // SHA-256 of the uncompressed file, in which the value of the metadata `blank` counts as zeros
  // (it is there to hold that very hash). Reads everything.
  std::string sha256(std::string_view blank = {}) const;

 private:
  struct Frame {
    std::string_view bytes;       // compressed
    uint64_t begin = 0, end = 0;  // of the contents in the uncompressed file
  };
  struct Target {  // where a range of the uncompressed file goes
    uint64_t begin, end;
    char* to;
  };
  void open(std::string_view bytes);
  void read_through(std::unique_ptr<Source> source);
  std::string read_start(Source& source, uint64_t total) const;
  bool find_frames();
  void read_header();
  void copy(std::vector<Target> targets) const;
  void decode(const Frame& frame, const std::vector<Target>& targets) const;

  std::string name_;
  std::shared_ptr<const void> owner_;  // what keeps bytes_ alive
  std::string_view bytes_;             // the file as it is
  std::vector<Frame> frames_;          // empty when bare
  SafetensorsHeader header_;
  std::string header_bytes_;  // length and JSON
};

// `wanted` order and cutting of a file that is written.
struct SafetensorsOptions {
  bool compress = true;
  // Tensors of a lower group come first (behind those of wider element types, for alignment), and
  // each group begins a zstd frame, so that readers can leave out the others.
  std::function<int(const std::string& name)> group;
  // Metadata key that receives the hash of sha256() above; empty for none.
  std::string hash_key;
};

// Equal contents give equal bytes. Returns the hash, or "" without hash_key.
std::string write_safetensors(Sink& sink, const TensorMap& tensors, const Metadata& metadata,
                              const SafetensorsOptions& options = {});

}  // namespace sgan::io
