// Feature matrices as the metrics read them: [samples, features], float32 or float64.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Throws Error unless `rows` is [samples, features] of float32 or float64; `what` names it.
void check_rows(const rt::Tensor& rows, const std::string& what);
// Also throws, naming the row, where a value is NaN or infinite.
void check_finite(const rt::Tensor& rows, const std::string& what, int64_t first_row = 0);

// Rows [begin, begin + count) as doubles or floats into `out`, in the matrix's order.
void read_rows(const rt::Tensor& rows, int64_t begin, int64_t count, double* out);
void read_rows(const rt::Tensor& rows, int64_t begin, int64_t count, float* out);
// The given rows, in the given order.
std::vector<double> gather_rows(const rt::Tensor& rows, std::span<const int64_t> indices);

// Columns [begin, begin + count) of float32 rows; the rows themselves where that is all.
rt::Tensor columns_from(const rt::Tensor& rows, int64_t begin, int64_t count);
// The other way: `part`, float32, into the columns of `rows` from `begin` on.
void put_columns(const rt::Tensor& part, const rt::Tensor& rows, int64_t begin);

// Mean over the rows.
std::vector<double> mean_of_rows(const rt::Tensor& rows);

}  // namespace sgan::metrics
