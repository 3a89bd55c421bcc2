// A contiguous n-dimensional array on a device. Copying a Tensor shares its storage. Images and
// feature maps are [N, H, W, C], convolution weights [O, kh, kw, I].
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "lib/rt/dtype.hpp"
#include "lib/rt/error.hpp"
#include "lib/rt/memory.hpp"
#include "lib/rt/shape.hpp"

namespace sgan::rt {

class Tensor {
 public:
  Tensor() = default;                                    // undefined
  Tensor(Shape shape, DType type, Device device = cpu);  // contents unset
  static Tensor full(Shape shape, double value, DType type = DType::f32, Device device = cpu);
  static Tensor zeros(Shape shape, DType type = DType::f32, Device device = cpu) {
    return full(std::move(shape), 0, type, device);
  }
  template <class T>
  static Tensor from(std::span<const T> values, Shape shape) {
    Tensor t(std::move(shape), dtype_of<T>::value);
    check(size_t(t.numel()) == values.size(), "shape ", t.shape(), " does not hold ", values.size(),
          " values");
    std::memcpy(t.bytes_data(), values.data(), t.bytes());
    return t;
  }
  template <class T>
  static Tensor from(const std::vector<T>& values, Shape shape) {
    return from(std::span<const T>(values), std::move(shape));
  }

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t size(int axis) const { return shape_[axis]; }
  int64_t numel() const { return numel_; }
  DType dtype() const { return type_; }
  Device device() const { return storage_->device(); }
  size_t bytes() const { return size_t(numel_) * size_of(type_); }
  Storage& storage() const { return *storage_; }

  // Throws Error when T is not the element type. Null on the meta device.
  template <class T>
  T* data() const {
    check(dtype_of<T>::value == type_, "tensor holds ", name_of(type_), ", not ",
          name_of(dtype_of<T>::value));
    return reinterpret_cast<T*>(bytes_data());
  }
  char* bytes_data() const {
    return storage_->data() ? static_cast<char*>(storage_->data()) + offset_ : nullptr;
  }
  template <class T>
  std::span<T> span() const {
    return {data<T>(), size_t(numel_)};
  }
  // All values in double, whatever the element type and device.
  std::vector<double> to_doubles() const;
  double item() const;  // of a one-element tensor

  Tensor reshape(Shape shape) const;              // same storage; one size may be -1
  Tensor rows(int64_t begin, int64_t end) const;  // same storage; range of the first axis
  Tensor to(DType type) const;                    // itself when it is already so
  Tensor to(Device device) const;                 // itself when it is already there
  Tensor clone() const;
  void copy_from(const Tensor& other);                 // same shape and type; any device
  Tensor permute(const std::vector<int>& axes) const;  // a copy, CPU only

 private:
  Shape shape_;
  DType type_ = DType::f32;
  int64_t numel_ = 0;
  size_t offset_ = 0;
  std::shared_ptr<Storage> storage_;
};

// Converts between floating types on the tensors' device, limited to [-clamp, clamp] where
// clamp >= 0; Tensor::to() without the limit.
void cast(const Tensor& from, Tensor& to, double clamp);

}  // namespace sgan::rt
