#include <algorithm>

#include "lib/ops/samples.hpp"
#include "lib/train/augment/stages.hpp"

namespace sgan::train {

ag::Var apply_color(const ag::Var& x, const std::vector<ColorTransform>& colors) {
  if (std::all_of(colors.begin(), colors.end(), [](const auto& c) { return c == same_color; })) {
    return x;
  }
  const int64_t channels = x.size(3);
  check(channels == 1 || channels == 3,
        "colours are augmented in pictures of 1 or 3 channels, not ", channels);
  std::vector<double> m;
  for (const ColorTransform& c : colors) {
    if (channels == 3) {
      for (const auto& row : c) m.insert(m.end(), row.begin(), row.end());
      continue;
    }
    double factor = 0, offset = 0;
    for (const auto& row : c) {
      factor += (row[0] + row[1] + row[2]) / 3;
      offset += row[3] / 3;
    }
    // What leaves colours alone must leave grey alone, to the bit.
    if (c == same_color) factor = 1;
    m.push_back(factor);
    m.push_back(offset);
  }
  return ops::color_matrix(x,
                           rt::Tensor::from(m, {int64_t(colors.size()), channels, channels + 1}));
}

}  // namespace sgan::train
