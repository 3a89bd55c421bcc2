// Labels of a data set: {"labels": [["00000/img00000000.png", 3], ...]}, where 3 may also be a list
// of numbers; null for an unlabelled set. "classes" may hold the names of classes; other members of
// the object are left alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sgan::io {

struct LabelTable {
  int dim = 0;                                // 0: unlabelled
  std::vector<int64_t> classes;               // of each picture; empty when labels are vectors
  std::vector<float> rows;                    // [pictures, dim]; empty when labels are classes
  std::vector<std::string> names;             // of classes, where the file tells them
  void row(size_t picture, float* to) const;  // one-hot for classes
  std::string text(size_t picture) const;     // as JSON
};

// Labels for the pictures `names`. Throws Error, beginning with `what`, for what is no label file,
// for labels of pictures that do not exist, and for pictures without a label.
LabelTable parse_labels(const std::string& text, const std::vector<std::string>& names,
                        const std::string& what);

}  // namespace sgan::io
