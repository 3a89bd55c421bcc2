// The elementwise kernels on the CPU: the operation is chosen once for a range, and broadcasting
// walks rows, so that the inner loops are ones that the compiler turns into vectors.
#pragma once

#include <algorithm>
#include <limits>

#include "kernels/elementwise.inl"
#include "kernels/launch_cpu.inl"

namespace sgan::kernels {

template <class Body>
void with_binary(BinaryOp op, const Body& body) {
  switch (op) {
    case BinaryOp::add:
      return body([](auto a, auto b) { return a + b; });
    case BinaryOp::subtract:
      return body([](auto a, auto b) { return a - b; });
    case BinaryOp::multiply:
      return body([](auto a, auto b) { return a * b; });
    case BinaryOp::divide:
      return body([](auto a, auto b) { return a / b; });
  }
}

template <class T>
void run_range(const BinarySame<T>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  const T *a = f.a, *b = f.b;
  T* __restrict y = f.y;
  with_binary(f.op, [&](auto op) {
    for (int64_t i = begin; i < end; ++i) y[i] = T(op(A(a[i]), A(b[i])));
  });
}

// Walks [begin, end) of a shape in rows of the last axis: row(i, index, length) with the positions
// of all axes.
template <class Row>
void for_rows(int rank, const int64_t* size, int64_t begin, int64_t end, const Row& row) {
  int64_t index[max_rank] = {};
  int64_t rest = begin;
  for (int axis = rank - 1; axis >= 0; --axis) {
    index[axis] = rest % size[axis];
    rest /= size[axis];
  }
  for (int64_t i = begin; i < end;) {
    const int64_t length = std::min(size[rank - 1] - index[rank - 1], end - i);
    row(i, index, length);
    i += length;
    index[rank - 1] = 0;
    for (int axis = rank - 2; axis >= 0; --axis) {
      if (++index[axis] < size[axis]) break;
      index[axis] = 0;
    }
  }
}

template <class T>
void run_range(const BinaryBroadcast<T>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  if (f.rank == 0) return f(begin);
  const int last = f.rank - 1;
  const int64_t sa = f.stride_a[last], sb = f.stride_b[last];
  with_binary(f.op, [&](auto op) {
    for_rows(f.rank, f.size, begin, end, [&](int64_t i, const int64_t* index, int64_t length) {
      const T *a = f.a, *b = f.b;
      for (int axis = 0; axis <= last; ++axis) {
        a += index[axis] * f.stride_a[axis];
        b += index[axis] * f.stride_b[axis];
      }
      T* __restrict y = f.y + i;
      if (sa == 1 && sb == 1) {
        for (int64_t k = 0; k < length; ++k) y[k] = T(op(A(a[k]), A(b[k])));
      } else if (sa == 1 && sb == 0) {
        const A value = A(*b);
        for (int64_t k = 0; k < length; ++k) y[k] = T(op(A(a[k]), value));
      } else if (sa == 0 && sb == 1) {
        const A value = A(*a);
        for (int64_t k = 0; k < length; ++k) y[k] = T(op(value, A(b[k])));
      } else {
        for (int64_t k = 0; k < length; ++k) y[k] = T(op(A(a[k * sa]), A(b[k * sb])));
      }
    });
  });
}

template <class T>
void run_range(const Unary<T>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  const T* x = f.x;
  T* __restrict y = f.y;
  const auto each = [&](auto op) {
    for (int64_t i = begin; i < end; ++i) y[i] = T(op(A(x[i])));
  };
  switch (f.op) {
    case UnaryOp::square:
      return each([](A v) { return v * v; });
    case UnaryOp::sqrt:
      return each([](A v) { return sqrt(v); });
    case UnaryOp::rsqrt:
      return each([](A v) { return A(1) / sqrt(v); });
    case UnaryOp::reciprocal:
      return each([](A v) { return A(1) / v; });
    case UnaryOp::absolute:
      return each([](A v) { return v < A(0) ? -v : v; });
    default: {
      const Unary<T> local = f;
      for (int64_t i = begin; i < end; ++i) local(i);
    }
  }
}

template <class T>
void run_range(const Affine<T>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  const A scale = A(f.scale), offset = A(f.offset);
  const T* x = f.x;
  T* __restrict y = f.y;
  for (int64_t i = begin; i < end; ++i) y[i] = T(scale * A(x[i]) + offset);
}

template <class A>
inline A limited(A r, A limit) {
  r = r > limit ? limit : r;
  return r < -limit ? -limit : r;
}

template <class T>
void run_range(const BiasActivate<T>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  if (!is_flat(f.act)) {
    const BiasActivate<T> local = f;
    for (int64_t i = begin; i < end; ++i) local(i);
    return;
  }
  const A low = A(low_slope(f.act, f.alpha)), gain = A(f.gain);
  const A limit = f.clamp < 0 ? std::numeric_limits<A>::infinity() : A(f.clamp);
  const auto act = [=](A v) { return limited(gain * (v > A(0) ? v : v * low), limit); };
  const T* x = f.x;
  T* __restrict y = f.y;
  if (!f.b) {
    for (int64_t i = begin; i < end; ++i) y[i] = T(act(A(x[i])));
    return;
  }
  for (int64_t i = begin; i < end;) {
    const int64_t c = i % f.channels, length = std::min(f.channels - c, end - i);
    const T *from = x + i, *b = f.b + c;
    T* __restrict to = y + i;
    for (int64_t k = 0; k < length; ++k) to[k] = T(act(A(from[k]) + A(b[k])));
    i += length;
  }
}

template <class T>
void run_range(const FlatGradient<T>& f, int64_t begin, int64_t end) {
  using A = acc_t<T>;
  const A high = A(f.high), low = A(f.low);
  const T *g = f.g, *y = f.y;
  T* __restrict dx = f.dx;
  if (f.clamp < 0) {
    for (int64_t i = begin; i < end; ++i) dx[i] = T(A(g[i]) * (A(y[i]) > A(0) ? high : low));
    return;
  }
  const A limit = A(f.clamp);
  for (int64_t i = begin; i < end; ++i) {
    const A v = A(y[i]), slope = v > A(0) ? high : low;
    dx[i] = T(v < limit && v > -limit ? A(g[i]) * slope : A(0));
  }
}

}  // namespace sgan::kernels
