// Elementwise arithmetic. Two operands broadcast against each other as in numpy.
#pragma once

#include "lib/ag/var.hpp"

namespace sgan::ops {

using ag::Var;
using ag::Vars;

Var add(const Var& a, const Var& b);
Var subtract(const Var& a, const Var& b);
Var multiply(const Var& a, const Var& b);
Var divide(const Var& a, const Var& b);

Var affine(const Var& x, double scale, double offset);  // scale * x + offset
inline Var scale(const Var& x, double factor) { return affine(x, factor, 0); }

Var exp(const Var& x);
Var log(const Var& x);
Var sqrt(const Var& x);
Var rsqrt(const Var& x);  // x^(-1/2)
Var square(const Var& x);
Var sine(const Var& x);
Var cosine(const Var& x);
Var reciprocal(const Var& x);

// a + t * (b - a)
Var lerp(const Var& a, const Var& b, double t);

// A constant of the same shape, element type and device.
Var full_like(const Var& x, double value);

}  // namespace sgan::ops
