// Factorisation of a mirror-symmetric 12x12 filter. The radial filters of StyleGAN3-R have singular
// values that fall by two or three orders each, so that a few separable terms are the filter to
// float precision.
#include <algorithm>
#include <cmath>

#include "kernels/cpu/filtered_lrelu_plan.hpp"

namespace sgan::kernels::flrelu {
namespace {

// Solves m * x = rhs (n x n, columns right-hand sides) by elimination with pivots; x replaces rhs.
bool solve(int n, int columns, double (&m)[6][6], double (&rhs)[6][6]) {
  for (int i = 0; i < n; ++i) {
    int pivot = i;
    for (int k = i + 1; k < n; ++k)
      if (std::abs(m[k][i]) > std::abs(m[pivot][i])) pivot = k;
    if (!(std::abs(m[pivot][i]) > 0)) return false;
    std::swap(m[i], m[pivot]);
    std::swap(rhs[i], rhs[pivot]);
    for (int k = 0; k < n; ++k) {
      if (k == i) continue;
      const double f = m[k][i] / m[i][i];
      for (int j = i; j < n; ++j) m[k][j] -= f * m[i][j];
      for (int j = 0; j < columns; ++j) rhs[k][j] -= f * rhs[i][j];
    }
  }
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < columns; ++j) rhs[i][j] /= m[i][i];
  return true;
}

// Least squares: the other rows by the skeleton rows (a), then the best b for that a.
bool fit(const double (&q)[6][6], int rank, double (&a)[6][6], double (&b)[6][6]) {
  double gram[6][6] = {}, rhs[6][6] = {};
  for (int s = 0; s < rank; ++s) {
    for (int t = 0; t < rank; ++t)
      for (int j = 0; j < 6; ++j) gram[s][t] += q[skeleton(rank, s)][j] * q[skeleton(rank, t)][j];
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) rhs[s][i] += q[skeleton(rank, s)][j] * q[i][j];
  }
  if (!solve(rank, 6, gram, rhs)) return false;
  for (int i = 0; i < 6; ++i)
    for (int s = 0; s < rank; ++s) a[i][s] = rhs[s][i];
  for (int s = 0; s < rank; ++s)
    for (int t = 0; t < rank; ++t) a[skeleton(rank, s)][t] = s == t ? 1 : 0;

  double normal[6][6] = {};
  for (int s = 0; s < rank; ++s) {
    for (int t = 0; t < rank; ++t)
      for (int i = 0; i < 6; ++i) normal[s][t] += a[i][s] * a[i][t];
    for (int j = 0; j < 6; ++j) {
      b[s][j] = 0;
      for (int i = 0; i < 6; ++i) b[s][j] += a[i][s] * q[i][j];
    }
  }
  return solve(rank, 6, normal, b);
}

// NaN compares false, hence the form of the tests.
bool good_enough(const double (&q)[6][6], int rank, const double (&a)[6][6],
                 const double (&b)[6][6]) {
  double total = 0, error = 0, magnitude = 0;
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 6; ++j) {
      double sum = 0;
      for (int s = 0; s < rank; ++s) {
        sum += a[i][s] * b[s][j];
        magnitude += std::abs(a[i][s] * b[s][j]);
      }
      error += std::abs(q[i][j] - sum);
      total += std::abs(q[i][j]);
    }
  }
  return error <= total * 0x1p-20 && magnitude <= 4 * total;
}

}  // namespace

int factorise(const double (&q)[6][6], Coefficients& k) {
  for (int rank : {1, 3, 4}) {
    double a[6][6] = {}, b[6][6] = {};
    if (!fit(q, rank, a, b) || !good_enough(q, rank, a, b)) continue;
    for (int i = 0; i < 6; ++i) {
      for (int s = 0; s < 6; ++s) {
        k.a[i][s] = static_cast<float>(a[i][s]);
        k.b[i][s] = static_cast<float>(b[i][s]);
      }
    }
    return rank;
  }
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 6; ++j) {
      k.a[i][j] = i == j ? 1 : 0;
      k.b[i][j] = static_cast<float>(q[i][j]);
    }
  }
  return 6;
}

}  // namespace sgan::kernels::flrelu
