// What a classifier of several attributes minimises, and how often it is right.
#pragma once

#include <vector>

#include "lib/nets/classifier.hpp"

namespace sgan::train {

// Cross-entropy [N, 1] of one attribute: of outputs [N, all] against the classes' numbers `labels`
// [N, attributes] float32 on the CPU; 0 where a label is negative, which is unknown.
ag::Var attribute_loss(const ag::Var& outputs, const rt::Tensor& labels,
                       const std::vector<nets::Attribute>& attributes, size_t attribute);

// For each picture of a batch: 1 where the likeliest class is the label's, 0 where it is not, -1
// where the label is unknown.
std::vector<int> attribute_hits(const ag::Var& outputs, const rt::Tensor& labels,
                                const std::vector<nets::Attribute>& attributes, size_t attribute);

}  // namespace sgan::train
