#include "lib/rt/shape.hpp"

#include <algorithm>
#include <ostream>

#include "lib/rt/error.hpp"

namespace sgan::rt {

int64_t Shape::numel() const {
  int64_t n = 1;
  for (int64_t d : dims_) {
    check(d >= 0 && !__builtin_mul_overflow(n, d, &n), "shape ", str(), " has no valid size");
  }
  return n;
}

std::vector<int64_t> Shape::strides() const {
  std::vector<int64_t> strides(dims_.size(), 1);
  for (int i = rank() - 2; i >= 0; --i) strides[i] = strides[i + 1] * dims_[i + 1];
  return strides;
}

std::string Shape::str() const {
  std::string text = "[";
  for (size_t i = 0; i < dims_.size(); ++i) text += (i ? ", " : "") + std::to_string(dims_[i]);
  return text + "]";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

Shape broadcast(const Shape& a, const Shape& b) {
  std::vector<int64_t> dims(std::max(a.rank(), b.rank()));
  for (int i = 1; i <= int(dims.size()); ++i) {
    const int64_t da = i <= a.rank() ? a[-i] : 1, db = i <= b.rank() ? b[-i] : 1;
    check(da == db || da == 1 || db == 1, "shapes ", a, " and ", b, " do not fit each other");
    dims[dims.size() - i] = da == 1 ? db : da;
  }
  return Shape(std::move(dims));
}

}  // namespace sgan::rt
