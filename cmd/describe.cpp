#include "cmd/describe.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lib/io/dataset/dataset.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/stream.hpp"

namespace sgan::cli {
namespace {

using Json = nlohmann::ordered_json;

// The first bytes inside the compression, where there is one.
std::string inner_start(io::Source& source) {
  if (!io::is_zstd(source.peek(io::kMagicBytes))) return std::string(source.peek(io::kMagicBytes));
  const std::string head(source.peek(io::Source::kBuffer));
  io::ZstdSource inner(std::make_unique<io::MemorySource>(head, source.name()));
  return std::string(inner.peek(io::kMagicBytes));
}

Json describe_stream(std::unique_ptr<io::Source> source) {
  io::Reader reader(std::move(source), {});
  Json out = {{"file", reader.name()}, {"kind", io::name_of(reader.kind())}};
  out["shape"] = reader.row_shape().dims();
  if (const auto& front = reader.provenance()) out["provenance"] = Json::parse(io::to_json(*front));
  int64_t rows = 0;
  for (const rt::Tensor& batch : reader) {
    rows += batch.size(0);
    out["type"] = rt::name_of(batch.dtype());
  }
  out["count"] = rows;
  return out;
}

Json describe_dataset(const std::string& path) {
  const io::DatasetInfo info = io::open_dataset(path)->info();
  Json out = {{"file", path},
              {"kind", "data set"},
              {"count", info.count},
              {"resolution", info.resolution},
              {"channels", info.channels},
              {"labels", !info.has_labels         ? "none"
                         : info.label_numbers > 0 ? "numbers"
                                                  : "classes"}};
  if (info.label_numbers > 0) out["numbers"] = info.label_numbers;
  if (!info.class_counts.empty()) {
    out["classes"] = info.class_counts.size();
    out["class_counts"] = info.class_counts;
  }
  if (!info.class_names.empty()) out["class_names"] = info.class_names;
  out["sha256"] = info.hash;
  return out;
}

// By what can be told of a path without reading all of it: folders, zips, TFRecord files.
bool is_dataset(const std::string& path, std::string_view start) {
  if (std::filesystem::is_directory(path)) return true;
  if (!std::filesystem::is_regular_file(path)) return false;  // a pipe cannot be opened again
  return start.starts_with("PK\x03\x04") || path.ends_with(".tfrecords") ||
         path.ends_with(".tfrecord");
}

}  // namespace

nlohmann::ordered_json describe(const Args& args, const std::string& path) {
  if (is_dataset(path, {})) return describe_dataset(path);
  auto source = io::open_input(path, "sgan-z | sgan-info");
  const std::string start = inner_start(*source);
  if (is_dataset(path, start)) return describe_dataset(path);
  if (!io::is_safetensors(start)) return describe_stream(std::move(source));
  if (std::filesystem::is_regular_file(path))
    return describe_tensors(args, io::SafetensorsFile(path));
  return describe_tensors(args, io::SafetensorsFile(std::move(source)));
}

}  // namespace sgan::cli
