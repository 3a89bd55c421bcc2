#include "lib/metrics/rows.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "kernels/parallel.hpp"

namespace sgan::metrics {
namespace {

// Calls f with a pointer of the element type.
template <class F>
void with_values(const rt::Tensor& rows, const F& f) {
  if (rows.dtype() == rt::DType::f32)
    f(rows.data<float>());
  else
    f(rows.data<double>());
}

template <class Out>
void read(const rt::Tensor& rows, int64_t begin, int64_t count, Out* out) {
  const int64_t d = rows.size(1);
  with_values(rows, [&](const auto* values) {
    std::transform(values + begin * d, values + (begin + count) * d, out,
                   [](auto v) { return Out(v); });
  });
}

}  // namespace

void check_rows(const rt::Tensor& rows, const std::string& what) {
  check(rows.defined() && rows.rank() == 2, what, ": expected a matrix [samples, features]");
  check(rows.dtype() == rt::DType::f32 || rows.dtype() == rt::DType::f64, what, ": holds ",
        rt::name_of(rows.dtype()), "; expected float32 or float64");
  check(rows.device() == rt::cpu, what, ": expected in the memory of the CPU");
}

void check_finite(const rt::Tensor& rows, const std::string& what, int64_t first_row) {
  check_rows(rows, what);
  const int64_t n = rows.size(0), d = rows.size(1);
  std::atomic<int64_t> bad{n};
  with_values(rows, [&](const auto* values) {
    kernels::parallel_ranges(n, 256, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        if (std::all_of(values + i * d, values + (i + 1) * d,
                        [](auto v) { return std::isfinite(v); }))
          continue;
        int64_t seen = bad;
        while (i < seen && !bad.compare_exchange_weak(seen, i)) {
        }
        return;
      }
    });
  });
  check(bad == n, what, ": row ", first_row + bad, " holds NaN or infinity");
}

void read_rows(const rt::Tensor& rows, int64_t begin, int64_t count, double* out) {
  read(rows, begin, count, out);
}

void read_rows(const rt::Tensor& rows, int64_t begin, int64_t count, float* out) {
  read(rows, begin, count, out);
}

std::vector<double> gather_rows(const rt::Tensor& rows, std::span<const int64_t> indices) {
  const int64_t d = rows.size(1);
  std::vector<double> result(indices.size() * d);
  for (size_t i = 0; i < indices.size(); ++i) {
    check(indices[i] >= 0 && indices[i] < rows.size(0), "row ", indices[i], " of ", rows.size(0));
    read_rows(rows, indices[i], 1, result.data() + i * d);
  }
  return result;
}

rt::Tensor columns_from(const rt::Tensor& rows, int64_t begin, int64_t count) {
  if (begin == 0 && count == rows.size(1)) return rows;
  rt::Tensor part({rows.size(0), count}, rows.dtype());
  const int64_t all = rows.size(1);
  for (int64_t i = 0; i < rows.size(0); ++i)
    std::copy_n(rows.data<float>() + i * all + begin, count, part.data<float>() + i * count);
  return part;
}

void put_columns(const rt::Tensor& part, const rt::Tensor& rows, int64_t begin) {
  const int64_t width = part.size(1), all = rows.size(1);
  for (int64_t i = 0; i < rows.size(0); ++i)
    std::copy_n(part.data<float>() + i * width, width, rows.data<float>() + i * all + begin);
}

std::vector<double> mean_of_rows(const rt::Tensor& rows) {
  const int64_t n = rows.size(0), d = rows.size(1);
  std::vector<double> mean(d, 0);
  with_values(rows, [&](const auto* values) {
    kernels::parallel_ranges(d, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i < n; ++i)
        for (int64_t c = begin; c < end; ++c) mean[c] += double(values[i * d + c]);
      for (int64_t c = begin; c < end; ++c) mean[c] /= double(std::max<int64_t>(n, 1));
    });
  });
  return mean;
}

}  // namespace sgan::metrics
