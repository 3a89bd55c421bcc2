#include "lib/metrics/bandlimit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/parallel.hpp"
#include "lib/rt/error.hpp"

namespace sgan::metrics {
namespace {

// Values at k / up for k = -last .. last.
using Line = std::vector<double>;

// Circular convolution, along both axes, of line(y) line(x) with field(y, x), both at k / up for
// k = -last .. last with period 2 last + 1; for k = -keep .. keep only. The line is the same in
// both axes, so the sum is two sums over one axis, and the parts that are not kept cost nothing.
std::vector<double> convolve(const Line& line, const Line& field, int keep) {
  const int period = int(line.size()), last = period / 2, kept = 2 * keep + 1;
  int reach = last;  // beyond it the line is zero
  while (reach > 0 && line[size_t(last - reach)] == 0 && line[size_t(last + reach)] == 0) --reach;
  const double* center = line.data() + last;
  std::vector<double> rows(size_t(period) * size_t(kept));
  kernels::parallel_ranges(period, 16, [&](int64_t begin, int64_t end) {
    Line wide(size_t(3 * period));  // the row, repeated on either side
    for (int64_t y = begin; y < end; ++y) {
      for (int part = 0; part < 3; ++part) {
        std::copy_n(field.begin() + y * period, period, wide.begin() + part * period);
      }
      for (int k = -keep; k <= keep; ++k) {
        const double* at = wide.data() + period + last + k;
        double sum = 0;
        for (int d = -reach; d <= reach; ++d) sum += center[d] * at[-d];
        rows[size_t(y * kept + k + keep)] = sum;
      }
    }
  });
  std::vector<double> out(size_t(kept) * size_t(kept));
  for (int k = -keep; k <= keep; ++k) {
    double* to = out.data() + (k + keep) * kept;
    for (int d = -reach; d <= reach; ++d) {
      const int y = (k - d + last + period) % period;
      const double* from = rows.data() + size_t(y) * size_t(kept);
      for (int x = 0; x < kept; ++x) to[x] += center[d] * from[x];
    }
  }
  return out;
}

// Each polyphase component to sum 1 / up^2.
void normalise(BandlimitFilter& filter, int up) {
  const int side = filter.side;
  for (int py = 0; py < up; ++py) {
    for (int px = 0; px < up; ++px) {
      double sum = 0;
      for (int y = py; y < side; y += up) {
        for (int x = px; x < side; x += up) sum += filter.taps[size_t(y * side + x)];
      }
      for (int y = py; y < side; y += up) {
        for (int x = px; x < side; x += up) filter.taps[size_t(y * side + x)] /= sum * up * up;
      }
    }
  }
}

}  // namespace

Matrix translation(double x, double y) { return {1, 0, x, 0, 1, y, 0, 0, 1}; }

Matrix rotation(double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return {c, s, 0, -s, c, 0, 0, 0, 1};
}

Matrix inverse(const Matrix& m) {
  const double det = m[0] * m[4] - m[1] * m[3];
  check(m[6] == 0 && m[7] == 0 && m[8] == 1, "a matrix that is not affine");
  check(std::isfinite(det) && det != 0, "a matrix that cannot be undone");
  const double a = m[4] / det, b = -m[1] / det, c = -m[3] / det, d = m[0] / det;
  return {a, b, -(a * m[2] + b * m[5]), c, d, -(c * m[2] + d * m[5]), 0, 0, 1};
}

double sinc(double x) {
  const double t = std::numbers::pi * x;
  return t == 0 ? 1 : std::sin(t) / t;
}

double lanczos(double x, double a) { return std::fabs(x) < a ? sinc(x / a) : 0; }

BandlimitFilter bandlimit_filter(const Matrix& m, const BandlimitSettings& s) {
  check(s.a >= 1 && s.up >= 1 && s.amax >= 1 && s.amax <= s.aflt && s.aflt * s.up < (1 << 12),
        "no band-limiting filter with a ", s.a, ", amax ", s.amax, ", aflt ", s.aflt, ", up ",
        s.up);
  const int last = s.aflt * s.up - 1, period = 2 * last + 1, keep = s.amax * s.up - 1;
  Line in(static_cast<size_t>(period)), window_in(in);
  for (int k = -last; k <= last; ++k) {
    const double x = double(k) / s.up;
    in[size_t(k + last)] = sinc(x * s.cutoff_in);
    window_in[size_t(k + last)] = lanczos(x, s.a);
  }
  Line out(size_t(period) * size_t(period)), window_out(out.size());
  kernels::parallel_ranges(period, 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int column = 0; column < period; ++column) {
        const double x = double(column - last) / s.up, y = double(row - last) / s.up;
        const double xo = m[0] * x + m[1] * y, yo = m[3] * x + m[4] * y;
        const auto at = size_t(row * period + column);
        out[at] = sinc(xo * s.cutoff_out) * sinc(yo * s.cutoff_out);
        window_out[at] = lanczos(xo, s.a) * lanczos(yo, s.a);
      }
    }
  });
  BandlimitFilter filter;
  filter.side = 2 * keep + 1;
  filter.taps = convolve(in, out, keep);
  const auto window = convolve(window_in, window_out, keep);
  for (size_t i = 0; i < window.size(); ++i) filter.taps[i] *= window[i];
  normalise(filter, s.up);
  return filter;
}

}  // namespace sgan::metrics
