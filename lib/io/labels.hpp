// Class labels of conditional networks.
#pragma once

#include <string>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::io {

// A label for each latent. An index takes a number, not a row of c_dim: 100,000 latents of a model
// with 1,000 classes are 800 kB.
class LabelRows {
 public:
  explicit LabelRows(int64_t c_dim = 0) : c_dim_(c_dim) {}
  void add(int64_t index) { entries_.push_back(index); }
  void add(const double* row);  // c_dim numbers
  int64_t size() const { return int64_t(entries_.size()); }
  // Those from `begin` on, before `end`: [end - begin, c_dim] float32.
  rt::Tensor rows(int64_t begin, int64_t end) const;

 private:
  int64_t c_dim_;
  std::vector<int64_t> entries_;  // an index, or ~k for the k-th row of values_
  std::vector<float> values_;
};

// The file is text, one label a line (an index from 0, or c_dim numbers with commas or spaces
// between them; empty lines and what follows a '#' are skipped), or an NPY array, integers [n] or
// numbers [n, c_dim]. Throws Error that names the line.
LabelRows read_labels(const std::string& path, int64_t c_dim);

// n times the one-hot row of a class; throws Error unless 0 <= index < c_dim.
rt::Tensor one_hot_labels(int64_t index, int64_t c_dim, int64_t n);

}  // namespace sgan::io
