#include "lib/metrics/fft.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "lib/rt/error.hpp"

namespace sgan::metrics {
namespace {

// `line` numbers of each of the `radix` inputs and outputs of one butterfly.
struct Butterfly {
  const double *from_re, *from_im;
  int64_t from_step;
  double *to_re, *to_im;
  int64_t line;  // outputs follow each other
};

void radix2(const Butterfly& b, const double* c, const double* s) {
  const double *ar = b.from_re, *ai = b.from_im, *br = ar + b.from_step, *bi = ai + b.from_step;
  double *xr = b.to_re, *xi = b.to_im, *yr = xr + b.line, *yi = xi + b.line;
  for (int64_t q = 0; q < b.line; ++q) {
    const double dr = ar[q] - br[q], di = ai[q] - bi[q];
    xr[q] = ar[q] + br[q];
    xi[q] = ai[q] + bi[q];
    yr[q] = dr * c[1] - di * s[1];
    yi[q] = dr * s[1] + di * c[1];
  }
}

void radix4(const Butterfly& b, const double* c, const double* s) {
  const double *ar = b.from_re, *ai = b.from_im, *br = ar + b.from_step, *bi = ai + b.from_step;
  const double *cr = br + b.from_step, *ci = bi + b.from_step;
  const double *dr = cr + b.from_step, *di = ci + b.from_step;
  double *r = b.to_re, *i = b.to_im;
  const int64_t n = b.line;
  for (int64_t q = 0; q < n; ++q) {
    const double pr = ar[q] + cr[q], pi = ai[q] + ci[q], mr = ar[q] - cr[q], mi = ai[q] - ci[q];
    const double sr = br[q] + dr[q], si = bi[q] + di[q];
    const double tr = bi[q] - di[q], ti = dr[q] - br[q];  // -i (b - d)
    r[q] = pr + sr;
    i[q] = pi + si;
    r[q + n] = (mr + tr) * c[1] - (mi + ti) * s[1];
    i[q + n] = (mr + tr) * s[1] + (mi + ti) * c[1];
    r[q + 2 * n] = (pr - sr) * c[2] - (pi - si) * s[2];
    i[q + 2 * n] = (pr - sr) * s[2] + (pi - si) * c[2];
    r[q + 3 * n] = (mr - tr) * c[3] - (mi - ti) * s[3];
    i[q + 3 * n] = (mr - tr) * s[3] + (mi - ti) * c[3];
  }
}

}  // namespace

Fft::Fft(int n) : n_(n), cos_(size_t(std::max(n, 0))), sin_(cos_.size()) {
  check(n >= 1, "a Fourier transform of ", n, " numbers");
  for (int k = 0; k < n; ++k) {
    cos_[size_t(k)] = std::cos(2 * std::numbers::pi * k / n);
    sin_[size_t(k)] = -std::sin(2 * std::numbers::pi * k / n);
  }
  for (; n % 4 == 0; n /= 4) factors_.push_back(4);
  for (int p = 2; n > 1; ++p) {
    if (p * p > n) p = n;
    for (; n % p == 0; n /= p) factors_.push_back(p);
  }
}

void Fft::forward(double* re, double* im, int64_t count, double* work) const {
  const int64_t all = n_ * count;
  double *from_re = re, *from_im = im, *to_re = work, *to_im = work + all;
  std::vector<double> c, s;
  int64_t left = n_, line = count;  // what a transform still has to do; sequences side by side
  for (const int radix : factors_) {
    const int64_t parts = left / radix, turn = n_ / left;
    c.resize(size_t(radix));
    s.resize(size_t(radix));
    for (int64_t j = 0; j < parts; ++j) {
      for (int64_t r = 0; r < radix; ++r) {  // exp(-2 pi i j r / left)
        c[size_t(r)] = cos_[size_t(j * r * turn)];
        s[size_t(r)] = sin_[size_t(j * r * turn)];
      }
      const Butterfly b{from_re + j * line,       from_im + j * line,       parts * line,
                        to_re + j * radix * line, to_im + j * radix * line, line};
      if (radix == 2) {
        radix2(b, c.data(), s.data());
        continue;
      }
      if (radix == 4) {
        radix4(b, c.data(), s.data());
        continue;
      }
      for (int64_t r = 0; r < radix; ++r) {
        double *xr = b.to_re + r * line, *xi = b.to_im + r * line;
        for (int64_t k = 0; k < radix; ++k) {
          const auto w = size_t((j * r * turn + r * k % radix * (n_ / radix)) % n_);
          const double wc = cos_[w], ws = sin_[w];
          const double *ar = b.from_re + k * b.from_step, *ai = b.from_im + k * b.from_step;
          for (int64_t q = 0; q < line; ++q) {
            const double vr = ar[q] * wc - ai[q] * ws, vi = ar[q] * ws + ai[q] * wc;
            xr[q] = k == 0 ? vr : xr[q] + vr;
            xi[q] = k == 0 ? vi : xi[q] + vi;
          }
        }
      }
    }
    std::swap(from_re, to_re);
    std::swap(from_im, to_im);
    left = parts;
    line *= radix;
  }
  if (from_re != re) {
    std::copy_n(from_re, all, re);
    std::copy_n(from_im, all, im);
  }
}

}  // namespace sgan::metrics
