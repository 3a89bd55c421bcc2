// Elementwise kernels: two inputs with broadcasting, one input, and the activations with their
// derivatives of any order up to the third.
#pragma once

#include <cmath>

#include "kernels/activation.hpp"
#include "kernels/types.hpp"

namespace sgan::kernels {

enum class BinaryOp : int { add, subtract, multiply, divide };
enum class UnaryOp : int { exp, log, sqrt, rsqrt, square, absolute, sine, cosine, reciprocal };

template <class A>
SGAN_HD inline A apply_binary(BinaryOp op, A a, A b) {
  switch (op) {
    case BinaryOp::add:
      return a + b;
    case BinaryOp::subtract:
      return a - b;
    case BinaryOp::multiply:
      return a * b;
    case BinaryOp::divide:
      return a / b;
  }
  return A(0);
}

// y[i] = a[i] op b[i], all of one shape.
template <class T>
struct BinarySame {
  BinaryOp op;
  const T *a, *b;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    y[i] = T(apply_binary<A>(op, A(a[i]), A(b[i])));
  }
};

// y = a op b where an axis of size 1 in a or b is stretched: its stride is 0.
template <class T>
struct BinaryBroadcast {
  BinaryOp op;
  int rank;
  int64_t size[max_rank], stride_a[max_rank], stride_b[max_rank];
  const T *a, *b;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    int64_t rest = i, ia = 0, ib = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t index = rest % size[axis];
      rest /= size[axis];
      ia += index * stride_a[axis];
      ib += index * stride_b[axis];
    }
    y[i] = T(apply_binary<A>(op, A(a[ia]), A(b[ib])));
  }
};

template <class T>
struct Unary {
  UnaryOp op;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    const A v = A(x[i]);
    A r = A(0);
    switch (op) {
      case UnaryOp::exp:
        r = exp(v);
        break;
      case UnaryOp::log:
        r = log(v);
        break;
      case UnaryOp::sqrt:
        r = sqrt(v);
        break;
      case UnaryOp::rsqrt:
        r = A(1) / sqrt(v);
        break;
      case UnaryOp::square:
        r = v * v;
        break;
      case UnaryOp::absolute:
        r = fabs(v);
        break;
      case UnaryOp::sine:
        r = sin(v);
        break;
      case UnaryOp::cosine:
        r = cos(v);
        break;
      case UnaryOp::reciprocal:
        r = A(1) / v;
        break;
    }
    y[i] = T(r);
  }
};

// y = scale * x + offset
template <class T>
struct Affine {
  double scale, offset;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    y[i] = T(A(scale) * A(x[i]) + A(offset));
  }
};

template <class A>
SGAN_HD inline A logistic(A x) {
  if (x >= A(0)) return A(1) / (A(1) + exp(-x));
  const A e = exp(x);
  return e / (A(1) + e);
}

inline constexpr double selu_scale = 1.0507009873554804934193349852946;
inline constexpr double selu_alpha = 1.6732632423543772848170429916717;

// The order-th derivative of the activation at x (order 0: its value). alpha is the slope of lrelu.
template <class A>
SGAN_HD inline A activation(Act act, int order, A x, A alpha) {
  switch (act) {
    case Act::linear:
      return order == 0 ? x : A(order == 1);
    case Act::relu:
      return order == 0 ? (x > A(0) ? x : A(0)) : A(order == 1 && x > A(0));
    case Act::lrelu:
      if (order > 1) return A(0);
      return (order == 0 ? x : A(1)) * (x > A(0) ? A(1) : alpha);
    case Act::tanh: {
      const A t = tanh(x), d = A(1) - t * t;
      if (order == 0) return t;
      if (order == 1) return d;
      if (order == 2) return A(-2) * t * d;
      return d * (A(6) * t * t - A(2));
    }
    case Act::sigmoid: {
      const A s = logistic(x), d = s * (A(1) - s);
      if (order == 0) return s;
      if (order == 1) return d;
      if (order == 2) return d * (A(1) - A(2) * s);
      return d * (A(1) - A(6) * s + A(6) * s * s);
    }
    case Act::elu:
      if (x >= A(0)) return order == 0 ? x : A(order == 1);
      return order == 0 ? expm1(x) : exp(x);
    case Act::selu: {
      if (x >= A(0)) return A(selu_scale) * (order == 0 ? x : A(order == 1));
      return A(selu_scale * selu_alpha) * (order == 0 ? expm1(x) : exp(x));
    }
    case Act::softplus: {
      if (order == 0) return (x > A(0) ? x : A(0)) + log1p(exp(-fabs(x)));
      return activation<A>(Act::sigmoid, order - 1, x, alpha);
    }
    case Act::swish: {  // x * sigmoid(x): Leibniz's rule
      const A s = activation<A>(Act::sigmoid, order, x, alpha);
      if (order == 0) return x * s;
      return x * s + A(order) * activation<A>(Act::sigmoid, order - 1, x, alpha);
    }
  }
  return A(0);
}

// order 0: y = clamp(gain * act(x)); order k > 0: y = g * gain * act^(k)(x), zero where clamped.
// clamp < 0 means none.
template <class T>
struct Activate {
  Act act;
  int order;
  double alpha, gain, clamp;
  const T* x;
  const T* g;  // null for order 0
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    const A v = A(x[i]), limit = A(clamp);
    A r = A(gain) * activation<A>(act, 0, v, A(alpha));
    if (order == 0) {
      if (clamp >= 0) r = r > limit ? limit : (r < -limit ? -limit : r);
    } else if (clamp >= 0 && !(r > -limit && r < limit)) {
      r = A(0);
    } else {
      r = A(g[i]) * A(gain) * activation<A>(act, order, v, A(alpha));
    }
    y[i] = T(r);
  }
};

// Piecewise linear with the corner at 0: what matters to gradients can be read off the result.
SGAN_HD inline bool is_flat(Act act) {
  return act == Act::linear || act == Act::relu || act == Act::lrelu;
}
// The slope below zero of such an activation.
SGAN_HD inline double low_slope(Act act, double alpha) {
  return act == Act::linear ? 1 : act == Act::relu ? 0 : alpha;
}

// The gradient of y = clamp(gain * act(..)) for such an activation, from y: dx = g times `high`
// where y > 0, else `low`, and zero where y is clamped or NaN. clamp < 0 means none.
template <class T>
struct FlatGradient {
  double high, low, clamp;
  const T *g, *y;
  T* dx;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    const A v = A(y[i]), limit = A(clamp);
    const A r = A(g[i]) * (v > A(0) ? A(high) : A(low));
    dx[i] = T(clamp < 0 || (v < limit && v > -limit) ? r : A(0));
  }
};

// y = clamp(gain * act(x + b[channel])) in one pass; channels are innermost. b may be null.
template <class T>
struct BiasActivate {
  Act act;
  double alpha, gain, clamp;
  int64_t channels;
  const T* x;
  const T* b;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    const A v = b ? A(x[i]) + A(b[i % channels]) : A(x[i]), limit = A(clamp);
    A r = A(gain) * activation<A>(act, 0, v, A(alpha));
    if (clamp >= 0) r = r > limit ? limit : (r < -limit ? -limit : r);
    y[i] = T(r);
  }
};

}  // namespace sgan::kernels
