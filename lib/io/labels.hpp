// Class labels of conditional networks.
#pragma once

#include <string>

#include "lib/rt/tensor.hpp"

namespace sgan::io {

// A label for each latent as rows of [n, c_dim] float32. The file is text, one label a line (an
// index from 0, or c_dim numbers with commas or spaces between them; empty lines and what follows a
// '#' are skipped), or an NPY array, integers [n] or numbers [n, c_dim]. Throws Error that names
// the line.
rt::Tensor read_labels(const std::string& path, int64_t c_dim);

// n times the one-hot row of a class; throws Error unless 0 <= index < c_dim.
rt::Tensor one_hot_labels(int64_t index, int64_t c_dim, int64_t n);

}  // namespace sgan::io
