// Every op with inputs that reach its branches, for tests that compare devices and precisions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/ag/var.hpp"

namespace sgan::op_cases {

using Vars = std::vector<ag::Var>;

struct OpCase {
  std::string name;
  std::vector<rt::Shape> inputs;  // filled with normals; positive ones where `positive`
  std::function<ag::Var(const Vars&)> run;
  // Largest difference in float32, in units of the largest value (of the result or the gradient).
  double tolerance = 2e-6;
  bool positive = false;
  // Whether 16-bit inputs make sense: not where a sum of many terms is rounded before it is used.
  bool half = true;
};

const std::vector<OpCase>& all();

// The case's inputs in an element type on a device; leaves, so that gradients can be asked for.
Vars make_inputs(const OpCase& c, rt::DType type, rt::Device device);

}  // namespace sgan::op_cases
