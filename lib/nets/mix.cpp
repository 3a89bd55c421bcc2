#include "lib/nets/mix.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sgan::nets {
namespace {

using rt::DType;
using rt::Shape;
using rt::Tensor;

Tensor from_doubles(const std::vector<double>& values, const Shape& shape, DType type) {
  return Tensor::from(values, shape).to(type);
}

void check_same(const Tensor& a, const Tensor& b) {
  check(a.shape() == b.shape(), "latents of shapes ", a.shape(), " and ", b.shape(),
        " do not go together");
}

// The shape of one latent of a batch.
Shape one_of(const Shape& batch) {
  auto dims = batch.dims();
  check(!dims.empty(), "a batch of latents has at least one axis");
  dims.erase(dims.begin());
  return Shape(std::move(dims));
}

}  // namespace

Tensor lerp(const Tensor& a, const Tensor& b, double t) {
  check_same(a, b);
  auto x = a.to_doubles();
  const auto y = b.to_doubles();
  for (size_t i = 0; i < x.size(); ++i) x[i] = (1 - t) * x[i] + t * y[i];
  return from_doubles(x, a.shape(), a.dtype());
}

Tensor slerp(const Tensor& a, const Tensor& b, double t) {
  check_same(a, b);
  check(a.rank() == 2, "spherical interpolation is for z, [n, z_dim], not ", a.shape());
  auto x = a.to_doubles();
  const auto y = b.to_doubles();
  const size_t width = size_t(a.size(1));
  for (size_t row = 0; row + width <= x.size() && width > 0; row += width) {
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = row; i < row + width; ++i) {
      xx += x[i] * x[i];
      yy += y[i] * y[i];
      xy += x[i] * y[i];
    }
    check(xx > 0 && yy > 0, "spherical interpolation from or to a zero latent");
    const double cosine = std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
    const double angle = std::acos(cosine), sine = std::sin(angle);
    check(cosine > -1 + 1e-9, "spherical interpolation between opposite latents");
    const double wx = angle < 1e-6 ? 1 - t : std::sin((1 - t) * angle) / sine;
    const double wy = angle < 1e-6 ? t : std::sin(t * angle) / sine;
    for (size_t i = row; i < row + width; ++i) x[i] = wx * x[i] + wy * y[i];
  }
  return from_doubles(x, a.shape(), a.dtype());
}

PeriodicSpline::PeriodicSpline(const Tensor& keyframes, int wraps)
    : shape_(one_of(keyframes.shape())), type_(keyframes.dtype()), values_(keyframes.to_doubles()) {
  keys_ = keyframes.size(0);
  check(keys_ > 0, "a path needs at least one keyframe");
  check(wraps >= 1, "a path that wraps ", wraps, " times does not close");
  width_ = shape_.numel();
  const int64_t knots = keys_ * (2 * wraps + 1);
  first_ = keys_ * wraps;
  slopes_.assign(size_t((keys_ + 1) * width_), 0);
  if (keys_ == 1) return;
  // Knots at 0, 1, 2, ...: continuity of the second derivative inside,
  //   s[i-1] + 4 s[i] + s[i+1] = 3 (y[i+1] - y[i-1]),
  // and of the third at the last knots but one,  s[0] + 2 s[1] = (5 (y1 - y0) + (y2 - y1)) / 2.
  // The matrix is the same for all columns: eliminate once, then go through the right-hand sides.
  std::vector<double> pivot(static_cast<size_t>(knots)), upper(static_cast<size_t>(knots));
  const auto last = size_t(knots - 1);
  pivot[0] = 1;
  upper[0] = 2;
  for (size_t i = 1; i < last; ++i) {
    pivot[i] = 4 - upper[i - 1] / pivot[i - 1];
    upper[i] = 1;
  }
  pivot[last] = 1 - 2 * upper[last - 1] / pivot[last - 1];
  std::vector<double> s(static_cast<size_t>(knots));
  for (int64_t c = 0; c < width_; ++c) {
    const auto y = [&](size_t i) {
      return values_[i % size_t(keys_) * size_t(width_) + size_t(c)];
    };
    s[0] = (5 * (y(1) - y(0)) + (y(2) - y(1))) / 2;
    for (size_t i = 1; i < last; ++i) {
      s[i] = 3 * (y(i + 1) - y(i - 1)) - s[i - 1] / pivot[i - 1];
    }
    s[last] = (5 * (y(last) - y(last - 1)) + (y(last - 1) - y(last - 2))) / 2 -
              2 * s[last - 1] / pivot[last - 1];
    s[last] /= pivot[last];
    for (size_t i = last; i-- > 0;) s[i] = (s[i] - upper[i] * s[i + 1]) / pivot[i];
    for (int64_t k = 0; k <= keys_; ++k) {
      slopes_[size_t(k * width_ + c)] = s[size_t(first_ + k)];
    }
  }
}

Tensor PeriodicSpline::at(double t) const {
  check(t >= 0 && t < double(keys_), "time ", t, " is not on a path of ", keys_, " keyframes");
  const auto k = std::min(int64_t(t), keys_ - 1);
  const double u = t - double(k), v = 1 - u;
  // Hermite's basis on the unit interval.
  const double h00 = (1 + 2 * u) * v * v, h10 = u * v * v, h01 = u * u * (3 - 2 * u);
  const double h11 = -u * u * v;
  const double* y0 = values_.data() + k * width_;
  const double* y1 = values_.data() + (k + 1) % keys_ * width_;
  const double* s0 = slopes_.data() + k * width_;
  std::vector<double> out(static_cast<size_t>(width_));
  for (int64_t c = 0; c < width_; ++c) {
    out[size_t(c)] = h00 * y0[c] + h10 * s0[c] + h01 * y1[c] + h11 * s0[width_ + c];
  }
  return from_doubles(out, shape_, type_);
}

Path::Path(const Tensor& keyframes, PathKind kind, int64_t step, bool loop, int wraps)
    : keyframes_(keyframes), kind_(kind), step_(step), loop_(loop || kind == PathKind::cubic) {
  check(keyframes.rank() > 0 && keyframes.size(0) > 0, "a path needs at least one keyframe");
  check(step > 0, "a path of ", step, " frames a keyframe");
  check(kind != PathKind::slerp || keyframes.rank() == 2,
        "spherical interpolation is for z, [n, z_dim], not ", keyframes.shape());
  if (kind == PathKind::cubic) spline_.emplace_back(keyframes, wraps);
}

int64_t Path::frames() const {
  const int64_t keys = keyframes_.size(0);
  return loop_ ? keys * step_ : (keys - 1) * step_ + 1;
}

Tensor Path::frame(int64_t index) const {
  check(index >= 0 && index < frames(), "there is no frame ", index, " on a path of ", frames());
  const int64_t keys = keyframes_.size(0), key = index / step_, next = (key + 1) % keys;
  const double part = double(index % step_) / double(step_);
  if (kind_ == PathKind::cubic) {
    auto dims = keyframes_.shape().dims();
    dims[0] = 1;
    return spline_[0].at(double(key) + part).reshape(Shape(dims));
  }
  const Tensor from = keyframes_.rows(key, key + 1);
  if (part == 0) return from;
  const Tensor to = keyframes_.rows(next, next + 1);
  return kind_ == PathKind::lerp ? lerp(from, to, part) : slerp(from, to, part);
}

void Mean::add(const Tensor& batch) {
  const Shape one = one_of(batch.shape());
  if (count_ == 0) {
    shape_ = one;
    type_ = batch.dtype();
    sum_.assign(size_t(one.numel()), 0);
  }
  check(one == shape_, "latents of shapes ", shape_, " and ", one, " have no common mean");
  const auto values = batch.to_doubles();
  for (size_t i = 0; i < values.size(); ++i) sum_[i % sum_.size()] += values[i];
  count_ += batch.size(0);
}

Tensor Mean::result() const {
  check(count_ > 0, "the mean of no latents");
  auto mean = sum_;
  for (double& value : mean) value /= double(count_);
  auto dims = shape_.dims();
  dims.insert(dims.begin(), 1);
  return from_doubles(mean, Shape(dims), type_);
}

Tensor add_direction(const Tensor& w, const Tensor& direction, double alpha,
                     const std::vector<int64_t>& rows) {
  auto x = w.to_doubles();
  const auto d = direction.to_doubles();
  const Shape one = one_of(w.shape());
  const size_t width = size_t(one.rank() ? one[-1] : 1), whole = size_t(one.numel());
  const bool fits = direction.rank() > 0 && direction.shape()[-1] == int64_t(width) &&
                    (d.size() == whole || d.size() == width);
  check(fits, "a direction of shape ", direction.shape(), " does not fit latents of shape ", one);
  for (size_t begin = 0; begin + whole <= x.size() && whole > 0; begin += whole) {
    const auto row_plus = [&](size_t at) {
      for (size_t c = 0; c < width; ++c) x[begin + at + c] += alpha * d[(at + c) % d.size()];
    };
    if (one.rank() < 2) {
      row_plus(0);
    } else {
      for (const int64_t row : rows) row_plus(size_t(row) * width);
    }
  }
  return from_doubles(x, w.shape(), w.dtype());
}

Tensor mix_styles(const Tensor& w, const Tensor& other, const std::vector<int64_t>& rows) {
  check(w.rank() == 3 && other.rank() == 3, "styles are mixed in w, [n, num_ws, w_dim], not in ",
        w.shape(), " and ", other.shape());
  check(one_of(w.shape()) == one_of(other.shape()) && w.dtype() == other.dtype() &&
            (other.size(0) == w.size(0) || other.size(0) == 1 || w.size(0) == 1),
        "styles of shape ", other.shape(), " do not fit w of shape ", w.shape());
  const int64_t count = std::max(w.size(0), other.size(0)), layers = w.size(1);
  for (const int64_t row : rows) {
    check(row >= 0 && row < layers, "there is no layer ", row, " in w of ", layers, " layers");
  }
  const Tensor mixed({count, layers, w.size(2)}, w.dtype());
  const size_t row_bytes = size_t(w.size(2)) * rt::size_of(w.dtype());
  const size_t bytes = size_t(layers) * row_bytes;
  for (int64_t n = 0; n < count; ++n) {
    char* to = mixed.bytes_data() + size_t(n) * bytes;
    const char* base = w.bytes_data() + (w.size(0) == 1 ? 0 : size_t(n) * bytes);
    const char* styles = other.bytes_data() + (other.size(0) == 1 ? 0 : size_t(n) * bytes);
    std::memcpy(to, base, bytes);
    for (const int64_t row : rows) {
      std::memcpy(to + size_t(row) * row_bytes, styles + size_t(row) * row_bytes, row_bytes);
    }
  }
  return mixed;
}

Tensor concatenate(const std::vector<Tensor>& parts) {
  check(!parts.empty(), "nothing to put together");
  const Shape one = one_of(parts[0].shape());
  int64_t count = 0;
  for (const Tensor& part : parts) {
    check(one_of(part.shape()) == one && part.dtype() == parts[0].dtype(), "latents of shapes ",
          one, " and ", one_of(part.shape()), " do not go into one stream");
    count += part.size(0);
  }
  auto dims = one.dims();
  dims.insert(dims.begin(), count);
  const Tensor whole(Shape(dims), parts[0].dtype());
  size_t at = 0;
  for (const Tensor& part : parts) {
    std::memcpy(whole.bytes_data() + at, part.bytes_data(), part.bytes());
    at += part.bytes();
  }
  return whole;
}

}  // namespace sgan::nets
