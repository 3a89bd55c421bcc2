#include "lib/rt/tensor.hpp"

#include <algorithm>

#include <type_traits>
#include "kernels/parallel.hpp"

#include "kernels/cast.inl"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::rt {
namespace {

double load(const char* at, DType type) {
  const auto as = [&]<class T>(T) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (type) {
    case DType::f32:
      return as(float{});
    case DType::f64:
      return as(double{});
    case DType::f16:
      return half_to_float(as(uint16_t{}));
    case DType::bf16:
      return bfloat16_to_float(as(uint16_t{}));
    case DType::u8:
      return as(uint8_t{});
    case DType::i8:
      return as(int8_t{});
    case DType::i16:
      return as(int16_t{});
    case DType::i32:
      return as(int32_t{});
    case DType::i64:
      return double(as(int64_t{}));
    case DType::boolean:
      return as(uint8_t{}) != 0;
  }
  fail("unknown element type");
}

void store(char* at, DType type, double value) {
  const auto as = [&]<class T>(T converted) { std::memcpy(at, &converted, sizeof converted); };
  switch (type) {
    case DType::f32:
      return as(float(value));
    case DType::f64:
      return as(value);
    case DType::f16:
      return as(float_to_half(float(value)));
    case DType::bf16:
      return as(float_to_bfloat16(float(value)));
    case DType::u8:
      return as(uint8_t(value));
    case DType::i8:
      return as(int8_t(value));
    case DType::i16:
      return as(int16_t(value));
    case DType::i32:
      return as(int32_t(value));
    case DType::i64:
      return as(int64_t(value));
    case DType::boolean:
      return as(uint8_t(value != 0));
  }
}

}  // namespace

Tensor::Tensor(Shape shape, DType type, Device device)
    : shape_(std::move(shape)), type_(type), numel_(shape_.numel()) {
  size_t bytes = 0;
  check(!__builtin_mul_overflow(size_t(numel_), size_of(type), &bytes), "shape ", shape_,
        " is too large");
  storage_ = std::make_shared<Storage>(bytes, device);
}

Tensor Tensor::full(Shape shape, double value, DType type, Device device) {
  Tensor t(std::move(shape), type, device);
  if (device.is_meta() || t.numel_ == 0) return t;
  if (is_floating(type)) {  // on the device itself: a pass that makes a constant does not wait
    dispatch_floating(type, [&]<class T>(T) {
      launch(device, t.numel_, kernels::Fill<T>{value, t.data<T>()});
    });
    return t;
  }
  if (!device.is_cpu()) return full(t.shape_, value, type, cpu).to(device);
  const size_t step = size_of(type);
  char* at = t.bytes_data();
  if (value == 0) {
    std::memset(at, 0, t.bytes());
  } else {
    for (int64_t i = 0; i < t.numel_; ++i) store(at + size_t(i) * step, type, value);
  }
  return t;
}

std::vector<double> Tensor::to_doubles() const {
  const Tensor host = to(cpu);
  std::vector<double> values(size_t(numel_), 0.0);
  const size_t step = size_of(type_);
  for (int64_t i = 0; i < numel_; ++i)
    values[size_t(i)] = load(host.bytes_data() + size_t(i) * step, type_);
  return values;
}

double Tensor::item() const {
  check(numel_ == 1, "a tensor of shape ", shape_, " is not one number");
  return to_doubles()[0];
}

Tensor Tensor::reshape(Shape shape) const {
  int64_t known = 1;
  int unknown = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == -1)
      unknown = i;
    else
      known *= shape[i];
  }
  if (unknown >= 0) shape[unknown] = known ? numel_ / known : 0;
  check(shape.numel() == numel_, "cannot view ", shape_, " as ", shape);
  Tensor t = *this;
  t.shape_ = std::move(shape);
  return t;
}

Tensor Tensor::rows(int64_t begin, int64_t end) const {
  check(rank() > 0 && 0 <= begin && begin <= end && end <= size(0), "rows ", begin, " to ", end,
        " of ", shape_);
  Tensor t = *this;
  const int64_t row = size(0) ? numel_ / size(0) : 0;
  t.shape_[0] = end - begin;
  t.numel_ = row * (end - begin);
  t.offset_ += size_t(row * begin) * size_of(type_);
  return t;
}

void cast(const Tensor& from, Tensor& to, double clamp) {
  check(from.shape() == to.shape() && from.device() == to.device(), "cast of ", from.shape(),
        " on ", from.device().str(), " to ", to.shape(), " on ", to.device().str());
  if (from.numel() == 0) return;
  dispatch_floating(from.dtype(), [&]<class From>(From) {
    dispatch_floating(to.dtype(), [&]<class To>(To) {
      if constexpr (std::is_same_v<From, To>) {
        fail("cast of ", name_of(from.dtype()), " to itself");
      } else {
        launch(to.device(), to.numel(),
               kernels::Cast<From, To>{clamp, from.data<From>(), to.data<To>()});
      }
    });
  });
}

Tensor Tensor::to(DType type) const {
  if (type == type_) return *this;
  const Device home = device();
  if (is_floating(type) && is_floating(type_)) {
    Tensor converted(shape_, type, home);
    if (!home.is_meta()) cast(*this, converted, -1);
    return converted;
  }
  Tensor converted(shape_, type, home.is_meta() ? meta : cpu);
  if (home.is_meta()) return converted;
  const Tensor host = to(cpu);
  const size_t from = size_of(type_), into = size_of(type);
  for (int64_t i = 0; i < numel_; ++i) {
    store(converted.bytes_data() + size_t(i) * into, type,
          load(host.bytes_data() + size_t(i) * from, type_));
  }
  return converted.to(home);
}

Tensor Tensor::to(Device device) const {
  if (device == this->device()) return *this;
  Tensor t(shape_, type_, device);
  copy_bytes(t.bytes_data(), device, bytes_data(), this->device(), bytes());
  return t;
}

Tensor Tensor::clone() const {
  Tensor t(shape_, type_, device());
  copy_bytes(t.bytes_data(), device(), bytes_data(), device(), bytes());
  return t;
}

void Tensor::copy_from(const Tensor& other) {
  check(other.shape_ == shape_ && other.type_ == type_, "cannot copy ", other.shape_, " ",
        name_of(other.type_), " into ", shape_, " ", name_of(type_));
  storage_->drop_derived();
  copy_bytes(bytes_data(), device(), other.bytes_data(), other.device(), bytes());
}

Tensor Tensor::permute(const std::vector<int>& axes) const {
  check(int(axes.size()) == rank(), "permutation of ", axes.size(), " axes for ", shape_);
  const std::vector<int64_t> strides = shape_.strides();
  std::vector<int64_t> dims, steps;
  for (int axis : axes) {
    dims.push_back(shape_[axis]);
    steps.push_back(strides[size_t(axis)]);
  }
  Tensor t(Shape(dims), type_, device());
  if (device().is_meta() || numel_ == 0) return t;
  check(device().is_cpu(), "permute runs on the CPU");
  if (dims.empty()) return clone();
  // Rows of the result, its last axis, one after another, spread over the cores.
  const int64_t length = dims.back(), step = steps.back();
  const auto copy_rows = [&]<class Word>(Word) {
    const auto* from = reinterpret_cast<const Word*>(bytes_data());
    auto* to = reinterpret_cast<Word*>(t.bytes_data());
    kernels::parallel_ranges(numel_ / length, 1 + 16384 / length, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        int64_t rest = row, at = 0;
        for (int axis = int(dims.size()) - 2; axis >= 0; --axis) {
          at += rest % dims[size_t(axis)] * steps[size_t(axis)];
          rest /= dims[size_t(axis)];
        }
        Word* out = to + row * length;
        for (int64_t i = 0; i < length; ++i) out[i] = from[at + i * step];
      }
    });
  };
  switch (size_of(type_)) {
    case 8:
      copy_rows(uint64_t{});
      break;
    case 4:
      copy_rows(uint32_t{});
      break;
    case 2:
      copy_rows(uint16_t{});
      break;
    default:
      copy_rows(uint8_t{});
  }
  return t;
}

}  // namespace sgan::rt
