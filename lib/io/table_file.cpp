#include "lib/io/table_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "lib/io/json.hpp"
#include "lib/io/output.hpp"

namespace sgan::io {
namespace {

constexpr char kFormat[] = "sgan.measurement";
constexpr char kNone[] = ": is no checkpoint of such a measurement; name another file";

// The first statement that two identities do not share.
std::string difference(const std::string& saved, const std::string& wanted) {
  auto a = statements_of(saved), b = statements_of(wanted);
  const size_t count = std::max(a.size(), b.size());
  a.resize(count);
  b.resize(count);
  for (size_t i = 0; i < count; ++i) {
    if (a[i] != b[i]) return cat("it has ", shown(a[i]), ", this one ", shown(b[i]));
  }
  return "they differ";
}

void check_identity(const SafetensorsFile& file, const std::string& identity) {
  const std::string saved = identity_of(file);
  check(saved == identity, file.name(),
        ": is the checkpoint of another measurement: ", difference(saved, identity),
        "; name another file or remove it");
}

rt::Tensor as_bytes(const std::vector<bool>& done) {
  rt::Tensor t({int64_t(done.size())}, rt::DType::u8);
  for (size_t i = 0; i < done.size(); ++i) t.data<uint8_t>()[i] = done[i];
  return t;
}

// The samples of the unit that begins with the sample `begin`: the last may have fewer.
int64_t unit_size(int64_t samples, int64_t unit, int64_t begin) {
  return std::min(unit, samples - begin);
}

}  // namespace

std::vector<std::string> statements_of(const std::string& identity) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin < identity.size();) {
    const size_t end = std::min(identity.find("; ", begin), identity.size());
    out.push_back(identity.substr(begin, end - begin));
    begin = end + 2;
  }
  return out;
}

void save_table(const std::string& path, const PartialTable& table, const std::string& identity) {
  Output out(path);
  TensorMap tensors;
  tensors["done"] = as_bytes(table.done);
  tensors["rows"] = table.rows;
  write_safetensors(out, tensors,
                    {{kFormat, "1"}, {"identity", identity}, {"unit", cat(table.unit)}});
  out.finish();
}

int64_t TableHeader::samples_done() const {
  int64_t count = 0;
  for (size_t u = 0; u < done.size(); ++u) {
    if (done[u]) count += unit_size(samples, unit, int64_t(u) * unit);
  }
  return count;
}

bool is_measurement(const SafetensorsFile& file) { return file.metadata().count(kFormat) > 0; }

std::string identity_of(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  check(is_measurement(file) && metadata.count("identity"), file.name(), kNone);
  check(metadata.at(kFormat) == "1", file.name(), ": checkpoint of a later version of the program");
  return metadata.at("identity");
}

bool holds_sums(const SafetensorsFile& file) { return file.find("sums") != nullptr; }

TableHeader read_table_header(const SafetensorsFile& file) {
  const std::string& path = file.name();
  const auto& metadata = file.metadata();
  identity_of(file);
  check(metadata.count("unit"), path, kNone);
  TableHeader out;
  const std::string& unit = metadata.at("unit");
  const auto parsed = std::from_chars(unit.data(), unit.data() + unit.size(), out.unit);
  const TensorEntry* rows = file.find("rows");
  const TensorEntry* done = file.find("done");
  check(parsed.ec == std::errc() && parsed.ptr == unit.data() + unit.size() && out.unit > 0 &&
            rows && rows->shape.rank() == 2 && done && done->type == rt::DType::u8,
        path, ": damaged: it does not hold the table of a measurement");
  out.samples = rows->shape[0];
  out.columns = rows->shape[1];
  out.type = rows->type;
  check(done->shape.numel() == out.samples / out.unit + (out.samples % out.unit != 0), path,
        ": damaged: ", done->shape.numel(), " units of ", out.unit, " do not make ", out.samples,
        " samples");
  const rt::Tensor flags = file.read("done");
  out.done.assign(flags.data<uint8_t>(), flags.data<uint8_t>() + flags.numel());
  return out;
}

bool load_table(const std::string& path, PartialTable& table, const std::string& identity,
                bool* longer) {
  if (access(path.c_str(), F_OK) != 0) return false;
  load_table(SafetensorsFile(path), table, identity, longer);
  return true;
}

void load_table(const SafetensorsFile& file, PartialTable& table, const std::string& identity,
                bool* longer) {
  const std::string& path = file.name();
  check_identity(file, identity);
  const TableHeader saved = read_table_header(file);
  check(saved.unit == table.unit, path, ": was made with --batch ", saved.unit,
        ", which has to stay");
  check(saved.columns == table.rows.size(1) && saved.type == table.rows.dtype(), path,
        ": its table has another shape than this measurement's");
  const rt::Tensor rows = file.read("rows");
  const int64_t samples = table.rows.size(0);
  if (longer) *longer = saved.samples > samples;
  // Another number of samples is welcome: units that are whole in both are the same.
  const size_t units = std::min(saved.done.size(), table.done.size());
  for (size_t u = 0; u < units; ++u) {
    const int64_t begin = int64_t(u) * table.unit, wanted = unit_size(samples, table.unit, begin);
    if (!saved.done[u] || unit_size(saved.samples, table.unit, begin) < wanted) continue;
    table.rows.rows(begin, begin + wanted).copy_from(rows.rows(begin, begin + wanted));
    table.done[u] = true;
  }
}

void save_sums(const std::string& path, std::span<const double> sums, int64_t samples,
               const std::string& identity) {
  const rt::Tensor values({int64_t(sums.size())}, rt::DType::f64);
  const rt::Tensor count({1}, rt::DType::i64);
  std::copy(sums.begin(), sums.end(), values.data<double>());
  count.data<int64_t>()[0] = samples;
  Output out(path);
  write_safetensors(out, {{"samples", count}, {"sums", values}},
                    {{kFormat, "1"}, {"identity", identity}});
  out.finish();
}

SumsHeader read_sums_header(const SafetensorsFile& file) {
  identity_of(file);
  const TensorEntry* sums = file.find("sums");
  const TensorEntry* count = file.find("samples");
  check(sums && sums->type == rt::DType::f64 && count && count->type == rt::DType::i64 &&
            count->shape.numel() == 1,
        file.name(), kNone);
  const int64_t samples = file.read("samples").data<int64_t>()[0];
  check(samples >= 0, file.name(), ": damaged: sums of ", samples, " samples");
  return {samples, sums->shape.numel()};
}

bool load_sums(const std::string& path, std::span<double> sums, int64_t& samples,
               const std::string& identity) {
  if (access(path.c_str(), F_OK) != 0) return false;
  load_sums(SafetensorsFile(path), sums, samples, identity);
  return true;
}

void load_sums(const SafetensorsFile& file, std::span<double> sums, int64_t& samples,
               const std::string& identity) {
  check_identity(file, identity);
  const SumsHeader saved = read_sums_header(file);
  check(saved.sums == int64_t(sums.size()), file.name(), kNone);
  const rt::Tensor values = file.read("sums");
  std::copy_n(values.data<double>(), sums.size(), sums.begin());
  samples = saved.samples_done;
}

}  // namespace sgan::io
