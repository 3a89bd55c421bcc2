#include "lib/train/reals.hpp"

#include <algorithm>
#include <cmath>

#include "lib/nets/progressive/layers.hpp"
#include "lib/ops/arithmetic.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

rt::Tensor mirror(const rt::Tensor& pictures, std::span<const uint8_t> which) {
  check(which.size() == size_t(pictures.size(0)), which.size(), " mirror flags for ",
        pictures.size(0), " pictures");
  const int64_t n = pictures.size(0), h = pictures.size(1), w = pictures.size(2),
                c = pictures.size(3);
  rt::Tensor result = pictures.clone();
  uint8_t* const data = result.data<uint8_t>();
  for (int64_t i = 0; i < n; ++i) {
    if (!which[size_t(i)]) continue;
    for (int64_t y = 0; y < h; ++y) {
      uint8_t* const row = data + (i * h + y) * w * c;
      for (int64_t left = 0, right = w - 1; left < right; ++left, --right) {
        std::swap_ranges(row + left * c, row + (left + 1) * c, row + right * c);
      }
    }
  }
  return result;
}

rt::Tensor halve(const rt::Tensor& pictures) {
  const int64_t n = pictures.size(0), h = pictures.size(1) / 2, w = pictures.size(2) / 2,
                c = pictures.size(3);
  rt::Tensor result({n, h, w, c}, rt::DType::u8);
  const uint8_t* const from = pictures.data<uint8_t>();
  uint8_t* to = result.data<uint8_t>();
  for (int64_t row = 0; row < n * h; ++row) {  // rows 2 * row and 2 * row + 1 of all pictures
    const uint8_t* const upper = from + 2 * row * 2 * w * c;
    const uint8_t* const lower = upper + 2 * w * c;
    for (int64_t x = 0; x < w; ++x) {
      for (int64_t k = 0; k < c; ++k) {
        const int64_t left = 2 * x * c + k, right = left + c;
        *to++ = uint8_t((upper[left] + upper[right] + lower[left] + lower[right] + 2) / 4);
      }
    }
  }
  return result;
}

}  // namespace

ag::Var process_reals(const rt::Tensor& pictures, std::span<const uint8_t> mirrored, double lod,
                      int full_resolution, rt::DType type, rt::Device device,
                      const DynamicRange& range) {
  check(std::isfinite(lod) && lod >= 0 && lod < 31, "a level of detail of ", lod);
  const int level = int(std::floor(lod)), side = full_resolution >> level;
  check(pictures.rank() == 4 && pictures.size(1) == side && pictures.size(2) == side &&
            pictures.dtype() == rt::DType::u8,
        "pictures ", pictures.shape(), " of ", rt::name_of(pictures.dtype()), " where bytes [N, ",
        side, ", ", side, ", C] are wanted");
  const double blend = lod - level;
  check(blend == 0 || side % 2 == 0, "nothing is coarser than pictures of ", side, " pixels");
  const ag::NoGrad no_grad;
  const rt::Tensor turned = mirrored.empty() ? pictures : mirror(pictures.to(rt::cpu), mirrored);
  const double scale = (range.net_high - range.net_low) / (range.data_high - range.data_low);
  ag::Var x = ops::affine(ag::Var(turned.to(type).to(device)), scale,
                          range.net_low - range.data_low * scale);
  if (blend > 0) {
    using nets::progressive::box_down, nets::progressive::nearest_up;
    x = ops::lerp(x, nearest_up(box_down(x, 2), 2), blend);
  }
  return nets::progressive::nearest_up(x, 1 << level);
}

rt::Tensor reduce_pictures(const rt::Tensor& pictures, int levels) {
  check(levels >= 0 && levels < 31, "a reduction by 2^", levels);
  check(pictures.rank() == 4 && pictures.size(1) % (int64_t{1} << levels) == 0 &&
            pictures.size(2) % (int64_t{1} << levels) == 0,
        "pictures ", pictures.shape(), " do not shrink to 1/", 1 << levels, " of their size");
  rt::Tensor result = pictures;
  for (int i = 0; i < levels; ++i) result = halve(result);
  return result;
}

}  // namespace sgan::train
