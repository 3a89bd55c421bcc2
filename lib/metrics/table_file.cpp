#include "lib/metrics/table_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "lib/io/output.hpp"
#include "lib/io/safetensors.hpp"
#include "lib/io/zstd_stream.hpp"

namespace sgan::metrics {
namespace {

constexpr char kFormat[] = "sgan.measurement";

// The first statement, of those separated by "; ", that two identities do not share.
std::string difference(const std::string& saved, const std::string& wanted) {
  std::istringstream a(saved), b(wanted);
  const auto next = [](std::istringstream& in) {
    std::string part;
    std::getline(in, part, ';');
    return part.substr(
        part.find_first_not_of(' ') == std::string::npos ? 0 : part.find_first_not_of(' '));
  };
  for (;;) {
    const std::string x = next(a), y = next(b);
    if (x != y) return cat("it has '", x, "', this one '", y, "'");
    if (x.empty() && y.empty()) return "they differ";
  }
}

rt::Tensor as_bytes(const std::vector<bool>& done) {
  rt::Tensor t({int64_t(done.size())}, rt::DType::u8);
  for (size_t i = 0; i < done.size(); ++i) t.data<uint8_t>()[i] = done[i];
  return t;
}

constexpr char kNone[] = ": is no checkpoint of such a measurement; name another file";

void check_identity(const io::SafetensorsFile& file, const std::string& path,
                    const std::string& identity) {
  const auto& metadata = file.metadata();
  check(metadata.count(kFormat) && metadata.count("identity"), path, kNone);
  check(metadata.at(kFormat) == "1", path, ": checkpoint of a later version of the program");
  check(metadata.at("identity") == identity, path, ": is the checkpoint of another measurement: ",
        difference(metadata.at("identity"), identity), "; name another file or remove it");
}

}  // namespace

void save_table(const std::string& path, const PartialTable& table, const std::string& identity) {
  io::Output out(path);
  io::TensorMap tensors;
  tensors["done"] = as_bytes(table.done);
  tensors["rows"] = table.rows;
  io::write_safetensors(out, tensors,
                        {{kFormat, "1"}, {"identity", identity}, {"unit", cat(table.unit)}});
  out.finish();
}

bool load_table(const std::string& path, PartialTable& table, const std::string& identity,
                bool* longer) {
  if (access(path.c_str(), F_OK) != 0) return false;
  const io::SafetensorsFile file(path);
  check_identity(file, path, identity);
  const auto& metadata = file.metadata();
  check(metadata.count("unit"), path, kNone);
  check(metadata.at("unit") == cat(table.unit), path, ": was made with --batch ",
        metadata.at("unit"), ", which has to stay");
  const rt::Tensor rows = file.read("rows"), done = file.read("done");
  check(rows.rank() == 2 && rows.size(1) == table.rows.size(1) &&
            rows.dtype() == table.rows.dtype() && done.dtype() == rt::DType::u8 &&
            done.numel() == (rows.size(0) + table.unit - 1) / table.unit,
        path, ": its table has another shape than this measurement's");
  // Another number of samples is welcome: units that are whole in both are the same.
  const auto end = [&](const rt::Tensor& t, int64_t u) {
    return std::min((u + 1) * table.unit, t.size(0));
  };
  if (longer) *longer = rows.size(0) > table.rows.size(0);
  const int64_t units = std::min(done.numel(), int64_t(table.done.size()));
  for (int64_t u = 0; u < units; ++u) {
    const int64_t begin = u * table.unit, wanted = end(table.rows, u);
    if (!done.data<uint8_t>()[u] || end(rows, u) < wanted) continue;
    table.rows.rows(begin, wanted).copy_from(rows.rows(begin, wanted));
    table.done[size_t(u)] = true;
  }
  return true;
}

void save_sums(const std::string& path, std::span<const double> sums, int64_t samples,
               const std::string& identity) {
  const rt::Tensor values({int64_t(sums.size())}, rt::DType::f64);
  const rt::Tensor count({1}, rt::DType::i64);
  std::copy(sums.begin(), sums.end(), values.data<double>());
  count.data<int64_t>()[0] = samples;
  io::Output out(path);
  io::write_safetensors(out, {{"samples", count}, {"sums", values}},
                        {{kFormat, "1"}, {"identity", identity}});
  out.finish();
}

bool load_sums(const std::string& path, std::span<double> sums, int64_t& samples,
               const std::string& identity) {
  if (access(path.c_str(), F_OK) != 0) return false;
  const io::SafetensorsFile file(path);
  check_identity(file, path, identity);
  const rt::Tensor values = file.read("sums"), count = file.read("samples");
  check(values.dtype() == rt::DType::f64 && values.numel() == int64_t(sums.size()) &&
            count.dtype() == rt::DType::i64 && count.numel() == 1 && count.data<int64_t>()[0] >= 0,
        path, kNone);
  std::copy_n(values.data<double>(), sums.size(), sums.begin());
  samples = count.data<int64_t>()[0];
  return true;
}

}  // namespace sgan::metrics
