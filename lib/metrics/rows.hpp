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

// Mean over the rows.
std::vector<double> mean_of_rows(const rt::Tensor& rows);

}  // namespace sgan::metrics
