// Every op with inputs that reach its branches and a naive reference: one table for the tests that
// compare with the reference, with finite differences, between precisions and between devices.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "lib/ag/var.hpp"
#include "tests/ops/reference.hpp"

namespace sgan::op_cases {

using ag::Var;
using ag::Vars;
using reference::Array;
using reference::Arrays;
using rt::Shape;

struct OpCase {
  std::string name;
  std::vector<Shape> inputs;  // filled with normals; with 0.3 + |normal| where `positive`
  std::function<Var(const Vars&)> run;
  std::function<Array(const Arrays&)> reference = nullptr;
  // Largest difference in float32, in units of the largest value (of the result or the gradient).
  double tolerance = 2e-6;
  bool positive = false;
  // Whether 16-bit inputs make sense: not where a sum of many terms is rounded before it is used.
  bool half = true;
  // Whether finite differences are taken: not of large inputs, which are for the devices' tiles.
  bool differences = true;
};

const std::vector<OpCase>& all();
using Table = std::vector<OpCase>;
void add_elementwise(Table& t);
void add_layout(Table& t);
void add_linear(Table& t);
void add_filters(Table& t);
void add_networks(Table& t);
void add_style(Table& t);
void add_augment(Table& t);
void add_features(Table& t);

// The case's inputs, the same numbers in every element type (they have 8 significant bits), chosen
// away from corners.
Arrays input_arrays(const OpCase& c);
// As leaves, so that gradients can be asked for.
Vars make_inputs(const OpCase& c, rt::DType type, rt::Device device);

}  // namespace sgan::op_cases
