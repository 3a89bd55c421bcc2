#include "tests/ops/reference.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "lib/rt/error.hpp"

namespace sgan::reference {
namespace {

thread_local Corners met{std::numeric_limits<double>::infinity(), 0};

int64_t offset(const Shape& shape, const Index& index) {
  int64_t at = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    check(index[size_t(axis)] >= 0 && index[size_t(axis)] < shape[axis], "index out of ", shape);
    at = at * shape[axis] + index[size_t(axis)];
  }
  return at;
}

// The element of a stretched operand.
double stretched(const Array& a, const Index& index) {
  const size_t extra = index.size() - size_t(a.shape.rank());
  Index own(index.begin() + std::ptrdiff_t(extra), index.end());
  for (size_t i = 0; i < own.size(); ++i) {
    if (a.shape[int(i)] == 1) own[i] = 0;
  }
  return a.at(own);
}

}  // namespace

double& Array::at(const Index& index) { return v[size_t(offset(shape, index))]; }
double Array::at(const Index& index) const { return v[size_t(offset(shape, index))]; }
double Array::or_zero(const Index& index) const {
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (index[size_t(axis)] < 0 || index[size_t(axis)] >= shape[axis]) return 0;
  }
  return at(index);
}

void for_each(const Shape& shape, const std::function<void(const Index&)>& f) {
  Index index(size_t(shape.rank()), 0);
  for (int64_t i = 0, n = shape.numel(); i < n; ++i) {
    f(index);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[size_t(axis)] < shape[axis]) break;
      index[size_t(axis)] = 0;
    }
  }
}

Array generate(const Shape& shape, const std::function<double(const Index&)>& f) {
  Array y{shape, {}};
  for_each(shape, [&](const Index& index) { y.v.push_back(f(index)); });
  return y;
}

Array map(const Array& x, const std::function<double(double)>& f) {
  return generate(x.shape, [&](const Index& i) { return f(x.at(i)); });
}

Array zip(const Array& a, const Array& b, const std::function<double(double, double)>& f) {
  const int rank = std::max(a.shape.rank(), b.shape.rank());
  Shape shape(std::vector<int64_t>(size_t(rank), 1));
  for (const Array* x : {&a, &b}) {
    for (int axis = 0; axis < x->shape.rank(); ++axis) {
      int64_t& size = shape[axis + rank - x->shape.rank()];
      size = std::max(size, x->shape[axis]);
    }
  }
  return generate(shape, [&](const Index& i) { return f(stretched(a, i), stretched(b, i)); });
}

Array add(const Array& a, const Array& b) {
  return zip(a, b, [](double p, double q) { return p + q; });
}
Array multiply(const Array& a, const Array& b) {
  return zip(a, b, [](double p, double q) { return p * q; });
}

Array sum(const Array& x, const std::vector<int>& axes, bool mean) {
  Shape shape = x.shape;
  double count = 1;
  for (int axis : axes) {
    count *= double(x.shape[axis]);
    shape[axis] = 1;
  }
  Array y{shape, std::vector<double>(size_t(shape.numel()), 0)};
  for_each(x.shape, [&](Index i) {
    const double v = x.at(i);
    for (int axis : axes) i[size_t(axis < 0 ? axis + x.shape.rank() : axis)] = 0;
    y.at(i) += mean ? v / count : v;
  });
  return y;
}

Array reshape(Array x, const Shape& shape) {
  check(shape.numel() == x.shape.numel(), "a reference of ", x.shape, " as ", shape);
  x.shape = shape;
  return x;
}

Array matmul(const Array& a, const Array& b, bool ta, bool tb) {
  const int64_t inner = a.shape[ta ? 0 : 1];
  return generate({a.shape[ta ? 1 : 0], b.shape[tb ? 0 : 1]}, [&](const Index& i) {
    double s = 0;
    for (int64_t k = 0; k < inner; ++k) {
      s += (ta ? a.at({k, i[0]}) : a.at({i[0], k})) * (tb ? b.at({i[1], k}) : b.at({k, i[1]}));
    }
    return s;
  });
}

Array conv2d(const Array& x, const Array& w, const Conv& o) {
  const int64_t co = w.shape[0], kh = w.shape[1], kw = w.shape[2], ci = w.shape[3];
  const int64_t ho = (x.shape[1] + o.pad_y + o.end_y - kh) / o.stride_y + 1;
  const int64_t wo = (x.shape[2] + o.pad_x + o.end_x - kw) / o.stride_x + 1;
  // Rows and columns that a negative padding cut off are not seen.
  const auto seen = [](int64_t at, int64_t size, int64_t before, int64_t after) {
    return at >= std::max<int64_t>(0, -before) && at < size + std::min<int64_t>(0, after);
  };
  return generate({x.shape[0], ho, wo, co}, [&](const Index& i) {
    const int64_t group = i[3] / (co / o.groups);
    double s = 0;
    for (int64_t a = 0; a < kh; ++a) {
      for (int64_t b = 0; b < kw; ++b) {
        const int64_t y = i[1] * o.stride_y - o.pad_y + a, z = i[2] * o.stride_x - o.pad_x + b;
        if (!seen(y, x.shape[1], o.pad_y, o.end_y) || !seen(z, x.shape[2], o.pad_x, o.end_x))
          continue;
        for (int64_t c = 0; c < ci; ++c) {
          s += x.at({i[0], y, z, group * ci + c}) * w.at({i[3], a, b, c});
        }
      }
    }
    return s;
  });
}

Array conv2d_transpose(const Array& y, const Array& w, int64_t height, int64_t width,
                       const Conv& o) {
  const int64_t co = w.shape[0], ci = w.shape[3];
  const Shape shape{y.shape[0], height, width, ci * o.groups};
  Array x{shape, std::vector<double>(size_t(shape.numel()), 0)};
  for_each(y.shape, [&](const Index& i) {
    const int64_t group = i[3] / (co / o.groups);
    for_each({w.shape[1], w.shape[2], ci}, [&](const Index& k) {
      const Index to{i[0], i[1] * o.stride_y - o.pad_y + k[0], i[2] * o.stride_x - o.pad_x + k[1],
                     group * ci + k[2]};
      if (to[1] < 0 || to[1] >= height || to[2] < 0 || to[2] >= width) return;
      x.at(to) += y.at(i) * w.at({i[3], k[0], k[1], k[2]});
    });
  });
  return x;
}

Array upfirdn2d(const Array& x, const Fir& f, const Upfirdn& o) {
  Array taps{{f.separable ? f.width : f.height, f.width}, f.taps};
  if (f.taps.empty()) taps = {{1, 1}, {1.0}};
  if (f.separable) {
    taps = generate(taps.shape,
                    [&](const Index& i) { return f.taps[size_t(i[0])] * f.taps[size_t(i[1])]; });
  }
  const int64_t fh = taps.shape[0], fw = taps.shape[1], h = x.shape[1], w = x.shape[2];
  const Shape shape{x.shape[0], (h * o.up_y + o.y0 + o.y1 - fh) / o.down_y + 1,
                    (w * o.up_x + o.x0 + o.x1 - fw) / o.down_x + 1, x.shape[3]};
  return generate(shape, [&](const Index& i) {
    double s = 0;
    for (int64_t a = 0; a < fh; ++a) {
      for (int64_t b = 0; b < fw; ++b) {
        // Place in the upsampled, padded picture, then in the upsampled one.
        const int64_t y = i[1] * o.down_y + a - o.y0, z = i[2] * o.down_x + b - o.x0;
        if (y < 0 || z < 0 || y % o.up_y || z % o.up_x) continue;
        const double tap = o.flip ? taps.at({a, b}) : taps.at({fh - 1 - a, fw - 1 - b});
        // A crop after the picture needs no care: the result ends before it.
        s += tap * x.or_zero({i[0], y / o.up_y, z / o.up_x, i[3]});
      }
    }
    return s * o.gain;
  });
}

Array activate(const Array& x, const std::string& act, double alpha, double gain, double clamp) {
  const double scale = 1.05070098735548049342, selu = 1.67326324235437728482;
  return map(x, [&](double v) {
    double r = v;
    if (act == "relu" || act == "lrelu" || act == "elu" || act == "selu") corner(v);
    if (act == "relu")
      r = v > 0 ? v : 0;
    else if (act == "lrelu")
      r = v > 0 ? v : alpha * v;
    else if (act == "tanh")
      r = 1 - 2 / (std::exp(2 * v) + 1);
    else if (act == "sigmoid")
      r = 1 / (1 + std::exp(-v));
    else if (act == "elu")
      r = v > 0 ? v : std::exp(v) - 1;
    else if (act == "selu")
      r = scale * (v > 0 ? v : selu * (std::exp(v) - 1));
    else if (act == "softplus")
      r = std::log(1 + std::exp(v));
    else if (act == "swish")
      r = v / (1 + std::exp(-v));
    else
      check(act == "linear", "no reference for ", act);
    r *= gain;
    if (clamp < 0) return r;
    corner(r - clamp);
    corner(r + clamp);
    return std::min(std::max(r, -clamp), clamp);
  });
}

void reset_corners() { met = {std::numeric_limits<double>::infinity(), 0}; }
Corners corners() { return met; }
void corner(double distance) {
  if (!(std::abs(distance) >= met.nearest)) met.nearest = std::abs(distance);
  met.sides = met.sides * 6364136223846793005u + (distance > 0 ? 3 : 1);
}

}  // namespace sgan::reference
