#include <cmath>

#include "lib/train/augment/stages.hpp"

namespace sgan::train {
namespace {

using Taps = std::vector<double>;

Taps convolve(const Taps& a, const Taps& b) {
  Taps r(a.size() + b.size() - 1, 0.0);
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) r[i + j] += a[i] * b[j];
  }
  return r;
}

Taps stretch(const Taps& a) {  // a(z^2)
  Taps r(2 * a.size() - 1, 0.0);
  for (size_t i = 0; i < a.size(); ++i) r[2 * i] = a[i];
  return r;
}

Taps centred(const Taps& a, size_t size) {
  Taps r(size, 0.0);
  for (size_t i = 0; i < a.size(); ++i) r[(size - a.size()) / 2 + i] = a[i];
  return r;
}

}  // namespace

const std::vector<double> sym2 = {
    (1 + std::sqrt(3.0)) / (4 * std::sqrt(2.0)), (3 + std::sqrt(3.0)) / (4 * std::sqrt(2.0)),
    (3 - std::sqrt(3.0)) / (4 * std::sqrt(2.0)), (1 - std::sqrt(3.0)) / (4 * std::sqrt(2.0))};

const std::vector<double> sym6 = {
    0.015404109327027373,  0.0034907120842174702, -0.11799011114819057,  -0.048311742585633,
    0.4910559419267466,    0.787641141030194,     0.3379294217276218,    -0.07263752278646252,
    -0.021060292512300564, 0.04472490177066578,   0.0017677118642428036, -0.007800708325034148};

std::array<std::vector<double>, 4> octaves() {
  // Half-band pair: low = H(z) H(1/z) / 2, high = 1 - low. The high half is the last octave; the
  // low half is split in the same way at half the rate, twice.
  Taps low = convolve(sym2, Taps(sym2.rbegin(), sym2.rend()));
  for (double& t : low) t /= 2;
  Taps high = low;
  for (double& t : high) t = -t;
  high[high.size() / 2] += 1;
  const Taps low2 = stretch(low), low4 = stretch(low2);
  const Taps two = convolve(low, low2);
  const size_t size = two.size() + low4.size() - 1;
  return {centred(convolve(two, low4), size), centred(convolve(two, stretch(stretch(high))), size),
          centred(convolve(low, stretch(high)), size), centred(high, size)};
}

}  // namespace sgan::train
