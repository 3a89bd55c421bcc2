// Sizes of a tensor, outermost first; row-major and always contiguous.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <vector>

namespace sgan::rt {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return int(dims_.size()); }
  int64_t operator[](int axis) const { return dims_[axis < 0 ? axis + dims_.size() : axis]; }
  int64_t& operator[](int axis) { return dims_[axis < 0 ? axis + dims_.size() : axis]; }
  const std::vector<int64_t>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }

  int64_t numel() const;                 // 1 for a scalar; throws Error when it overflows
  std::vector<int64_t> strides() const;  // in elements
  std::string str() const;               // "[2, 3, 4]"
  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

// numpy's broadcasting of two shapes; throws Error when they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace sgan::rt
