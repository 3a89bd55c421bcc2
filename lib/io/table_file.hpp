// A measurement that was interrupted, in a file: what is done of its table or its sums, and of
// which job. The kept features of data sets are such files too.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/io/safetensors.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

// Rows of the units that are done; the others hold whatever.
struct PartialTable {
  rt::Tensor rows;         // [samples, columns]
  int64_t unit = 1;        // samples
  std::vector<bool> done;  // units
};

// Throws Error when it cannot be written; then an older file is as it was.
void save_table(const std::string& path, const PartialTable& table, const std::string& identity);

// Takes over what the file holds into a table that agrees with it in columns, type and unit; the
// numbers of rows may differ. Returns false where there is no file. Throws Error for a file of
// another measurement, saying in what it differs, and for one that is no such file or is damaged.
// `longer`: whether the file has more rows than the table.
bool load_table(const std::string& path, PartialTable& table, const std::string& identity,
                bool* longer = nullptr);
void load_table(const SafetensorsFile& file, PartialTable& table, const std::string& identity,
                bool* longer = nullptr);

// The same of a measurement that keeps only sums, of the first `samples` samples.
void save_sums(const std::string& path, std::span<const double> sums, int64_t samples,
               const std::string& identity);
bool load_sums(const std::string& path, std::span<double> sums, int64_t& samples,
               const std::string& identity);
void load_sums(const SafetensorsFile& file, std::span<double> sums, int64_t& samples,
               const std::string& identity);

// What can be told of an open file without its rows or sums.
bool is_measurement(const SafetensorsFile& file);
bool holds_sums(const SafetensorsFile& file);          // where it is one
std::string identity_of(const SafetensorsFile& file);  // throws Error

struct TableHeader {
  int64_t samples = 0, columns = 0;
  rt::DType type = rt::DType::f64;
  int64_t unit = 1;        // samples
  std::vector<bool> done;  // units
  int64_t samples_done() const;
};
TableHeader read_table_header(const SafetensorsFile& file);  // throws Error

struct SumsHeader {
  int64_t samples_done = 0, sums = 0;
};
SumsHeader read_sums_header(const SafetensorsFile& file);  // throws Error

// An identity consists of statements such as "seed 0", with "; " between them.
std::vector<std::string> statements_of(const std::string& identity);

}  // namespace sgan::io
