#include "lib/metrics/linalg.hpp"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "lib/rt/error.hpp"

// LAPACK in its own calling convention, so that no header package of it is needed.
extern "C" {
void dpstrf_(const char* uplo, const int* n, double* a, const int* lda, int* pivots, int* rank,
             const double* tolerance, double* work, int* info);
void dposv_(const char* uplo, const int* n, const int* columns, double* a, const int* lda,
            double* b, const int* ldb, int* info);
void dgesdd_(const char* job, const int* m, const int* n, double* a, const int* lda, double* s,
             double* u, const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork,
             int* iwork, int* info);
}

namespace sgan::metrics {
namespace {

int to_int(int64_t n) {
  check(n <= std::numeric_limits<int>::max(), "a matrix of ", n, " rows is too large for LAPACK");
  return int(n);
}

// Factorisations go to and fro between the threads thousands of times. Where another program, or a
// waiting process of the same job, holds a core, each time costs a turn of the scheduler: 25 s
// instead of 2. One thread is nearly as fast on a free machine, for they wait for memory.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace

void add_gram(const double* a, int64_t n, int64_t d, double* c) {
  if (n == 0 || d == 0) return;
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, to_int(d), to_int(n), 1, a, to_int(d), 1, c,
              to_int(d));
}

void inner_products(const double* a, int64_t n, int64_t d, double alpha, double* c) {
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, to_int(n), to_int(d), alpha, a, to_int(d), 0,
              c, to_int(n));
}

void multiply_transposed(const double* a, const double* b, int64_t m, int64_t n, int64_t k,
                         double alpha, double beta, double* c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_int(m), to_int(n), to_int(k), alpha, a,
              to_int(k), b, to_int(k), beta, c, to_int(n));
}

void multiply_transposed(const float* a, const float* b, int64_t m, int64_t n, int64_t k,
                         float alpha, float beta, float* c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, to_int(m), to_int(n), to_int(k), alpha, a,
              to_int(k), b, to_int(k), beta, c, to_int(n));
}

Factor factor(std::vector<double> matrix, int64_t d, int64_t max_rank) {
  Factor result{.d = d};
  double largest = 0;
  for (int64_t i = 0; i < d; ++i) largest = std::max(largest, matrix[i * d + i]);
  if (largest <= 0 || max_rank <= 0) return result;
  // A row-major upper triangle is LAPACK's lower one.
  const int n = to_int(d);
  const double tolerance = largest * std::numeric_limits<double>::epsilon() * 4;
  std::vector<int> pivots(d);
  std::vector<double> work(2 * d);
  int rank = 0, info = 0;
  const OneThread alone;
  dpstrf_("L", &n, matrix.data(), &n, pivots.data(), &rank, &tolerance, work.data(), &info);
  check(info >= 0, "dpstrf refused argument ", -info);
  result.rank = std::min<int64_t>(rank, max_rank);
  result.rows.assign(result.rank * d, 0);
  for (int64_t r = 0; r < result.rank; ++r) {
    for (int64_t c = r; c < d; ++c) result.rows[r * d + pivots[c] - 1] = matrix[r * d + c];
  }
  return result;
}

void solve_positive(std::vector<double>& a, std::vector<double>& b) {
  const int n = to_int(int64_t(b.size())), one = 1;
  int info = 0;
  dposv_("L", &n, &one, a.data(), &n, b.data(), &n, &info);
  check(info == 0, "a system of equations is not positive definite");
}

double nuclear_norm(std::vector<double> a, int64_t m, int64_t n) {
  if (m == 0 || n == 0) return 0;
  const int rows = to_int(n), columns = to_int(m), one = 1;  // transposed: the values are the same
  std::vector<double> values(std::min(m, n));
  std::vector<int> iwork(8 * values.size());
  double wanted = 0;
  int lwork = -1, info = 0;
  const OneThread alone;
  dgesdd_("N", &rows, &columns, a.data(), &rows, values.data(), nullptr, &one, nullptr, &one,
          &wanted, &lwork, iwork.data(), &info);
  lwork = int(wanted);
  std::vector<double> work(lwork);
  dgesdd_("N", &rows, &columns, a.data(), &rows, values.data(), nullptr, &one, nullptr, &one,
          work.data(), &lwork, iwork.data(), &info);
  check(info == 0, "the singular values did not converge: do the features hold NaN?");
  return std::accumulate(values.rbegin(), values.rend(), 0.0);
}

}  // namespace sgan::metrics
