#include "lib/train/classifier_loss.hpp"

#include <algorithm>

#include "lib/rt/error.hpp"
#include "lib/train/losses.hpp"

namespace sgan::train {
namespace {

int64_t label_of(const rt::Tensor& labels, int64_t row, size_t attribute) {
  return int64_t(labels.data<float>()[row * labels.size(1) + int64_t(attribute)]);
}

void check_labels(const ag::Var& outputs, const rt::Tensor& labels, size_t attributes) {
  check(labels.rank() == 2 && labels.size(0) == outputs.size(0) &&
            labels.size(1) == int64_t(attributes),
        "labels of shape ", labels.shape(), " for ", outputs.size(0), " pictures and ", attributes,
        " attributes");
}

}  // namespace

// A row without a 1 has no loss: label_loss() weighs by the row's sum.
ag::Var attribute_loss(const ag::Var& outputs, const rt::Tensor& labels,
                       const std::vector<nets::Attribute>& attributes, size_t attribute) {
  check_labels(outputs, labels, attributes.size());
  const int64_t n = outputs.size(0), classes = int64_t(attributes[attribute].classes.size());
  const rt::Tensor one_hot = rt::Tensor::zeros({n, classes});
  for (int64_t i = 0; i < n; ++i) {
    const int64_t label = label_of(labels, i, attribute);
    check(label < classes, "class ", label, " of attribute '", attributes[attribute].name,
          "', which has ", classes);
    if (label >= 0) one_hot.data<float>()[i * classes + label] = 1;
  }
  return label_loss(nets::class_logits(outputs, attributes, attribute),
                    one_hot.to(outputs.dtype()).to(outputs.device()));
}

std::vector<int> attribute_hits(const ag::Var& outputs, const rt::Tensor& labels,
                                const std::vector<nets::Attribute>& attributes, size_t attribute) {
  check_labels(outputs, labels, attributes.size());
  const ag::NoGrad quiet;
  const ag::Var logits = nets::class_logits(outputs, attributes, attribute);
  const std::vector<double> values = logits.value().to_doubles();
  std::vector<int> hits;
  for (int64_t i = 0; i < logits.size(0); ++i) {
    const auto row = values.begin() + i * logits.size(1);
    const int64_t likeliest = std::max_element(row, row + logits.size(1)) - row;
    const int64_t label = label_of(labels, i, attribute);
    hits.push_back(label < 0 ? -1 : int(label == likeliest));
  }
  return hits;
}

}  // namespace sgan::train
