// The few routines of BLAS and LAPACK that measuring needs, on dense row-major matrices of doubles
// and floats. Private to lib/metrics: no public header includes this.
#pragma once

#include <cstdint>
#include <vector>

namespace sgan::metrics {

// Upper triangle of c [d, d] += a^T a, for a [n, d].
void add_gram(const double* a, int64_t n, int64_t d, double* c);
// Upper triangle of c [n, n] = alpha a a^T, for a [n, d].
void inner_products(const double* a, int64_t n, int64_t d, double alpha, double* c);
// c [m, n] = alpha a b^T + beta c, for a [m, k] and b [n, k].
void multiply_transposed(const double* a, const double* b, int64_t m, int64_t n, int64_t k,
                         double alpha, double beta, double* c);
void multiply_transposed(const float* a, const float* b, int64_t m, int64_t n, int64_t k,
                         float alpha, float beta, float* c);

// A positive semidefinite matrix [d, d] (upper triangle read) as F^T F. Rows of F come by falling
// weight (Cholesky with pivots); those below rounding are left out, and all from `max_rank` on.
struct Factor {
  int64_t rank = 0, d = 0;
  std::vector<double> rows;  // [rank, d]
};
Factor factor(std::vector<double> matrix, int64_t d, int64_t max_rank);

// Solves a x = b in place of b, for a positive definite a [d, d] (upper triangle read; lost).
void solve_positive(std::vector<double>& a, std::vector<double>& b);

// Sum of the singular values of a [m, n].
double nuclear_norm(std::vector<double> a, int64_t m, int64_t n);

}  // namespace sgan::metrics
