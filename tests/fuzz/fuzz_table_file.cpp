// The checkpoint of a measurement, its table taken over into tables of as many samples, fewer, and
// more.
#include <algorithm>

#include "fuzz.hpp"
#include "lib/io/table_file.hpp"

using namespace sgan;

namespace {

io::PartialTable empty_table(const io::TableHeader& header, int64_t samples) {
  io::PartialTable table;
  table.rows = rt::Tensor::zeros({samples, header.columns}, header.type);
  table.unit = header.unit;
  table.done.resize(size_t(samples / header.unit + (samples % header.unit != 0)));
  return table;
}

void sums(const io::SafetensorsFile& file, const std::string& identity) {
  const io::SumsHeader header = io::read_sums_header(file);
  fuzz::require(header.samples_done >= 0);
  std::vector<double> values(size_t(header.sums), -1);
  int64_t samples = -1;
  fuzz::survive([&] { io::load_sums(file, values, samples, identity + "; seed 1"); });
  fuzz::require(samples == -1 && std::count(values.begin(), values.end(), -1.0) == header.sums);
  io::load_sums(file, values, samples, identity);
  fuzz::require(samples == header.samples_done);
  values.push_back(0);
  samples = -1;
  fuzz::survive([&] { io::load_sums(file, values, samples, identity); });
  fuzz::require(samples == -1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::survive([&] {
    const io::SafetensorsFile file(fuzz::text(data, size), "fuzz");
    if (!fuzz::is_small(file)) return;
    const std::string identity = io::identity_of(file);
    fuzz::require(io::is_measurement(file));
    if (io::holds_sums(file)) return sums(file, identity);
    const io::TableHeader header = io::read_table_header(file);
    fuzz::require(header.samples_done() >= 0 && header.samples_done() <= header.samples);
    if (header.samples > 1 << 16) return;  // no columns, and as many samples as one likes
    for (const int64_t samples : {header.samples, header.samples / 2, header.samples + 3}) {
      io::PartialTable table = empty_table(header, samples);
      bool longer = false;
      io::load_table(file, table, identity, &longer);
      fuzz::require(longer == (header.samples > samples));
      for (size_t u = 0; u < table.done.size(); ++u) {
        fuzz::require(!table.done[u] || (u < header.done.size() && header.done[u]));
      }
      if (samples == header.samples) fuzz::require(table.done == header.done);
    }
    io::PartialTable table = empty_table(header, header.samples);
    fuzz::survive([&] { io::load_table(file, table, identity + "; seed 1"); });
    fuzz::survive([&] { io::load_table(file, table, ""); });
    table.unit += header.unit == 1 ? 1 : -1;
    fuzz::survive([&] { io::load_table(file, table, identity); });
    if (identity.empty()) return;
    fuzz::require(std::count(table.done.begin(), table.done.end(), true) == 0);
  });
  return 0;
}
