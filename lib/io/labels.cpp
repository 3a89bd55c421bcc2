#include "lib/io/labels.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "lib/io/magic.hpp"
#include "lib/io/npy.hpp"
#include "lib/io/source.hpp"

namespace sgan::io {
namespace {

using rt::Tensor;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kMaxFile = size_t{1} << 30;

void check_index(double index, int64_t c_dim, const std::string& where) {
  check(index == std::floor(index), where, ": label ", index, " is not a whole number");
  const bool shows = std::abs(index) < 1e15;  // as all its digits
  check(index >= 0 && index < double(c_dim), where, ": label ",
        shows ? cat(int64_t(index)) : cat(index),
        " is out of range; the model has the classes 0 to ", c_dim - 1);
}

// The numbers of a line, between commas, semicolons or white space.
std::vector<double> numbers_of(std::string_view line, const std::string& where) {
  std::vector<double> numbers;
  line = line.substr(0, line.find('#'));
  for (;;) {
    const size_t begin = line.find_first_not_of(" \t\r,;");
    if (begin == std::string_view::npos) return numbers;
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r,;"));
    double value = 0;
    const char* from = word.data() + (word.size() > 1 && word[0] == '+' ? 1 : 0);
    const auto [end, error] = std::from_chars(from, word.data() + word.size(), value);
    check(error == std::errc() && end == word.data() + word.size(), where, ": '",
          word.substr(0, 40), "' is not a number");
    check(std::isfinite(value), where, ": label is not finite");
    numbers.push_back(value);
    line.remove_prefix(word.size());
  }
}

LabelRows from_text(Source& source, int64_t c_dim) {
  const std::string text = source.read_all(kMaxFile);
  LabelRows labels(c_dim);
  int64_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t size = rest.find('\n');
    const std::string_view line = rest.substr(0, size);
    rest.remove_prefix(size == std::string_view::npos ? rest.size() : size + 1);
    const std::string where = cat(source.name(), ": line ", ++number);
    const std::vector<double> numbers = numbers_of(line, where);
    if (numbers.empty()) continue;
    if (numbers.size() == 1) {  // also where c_dim is 1: an index, not a value
      check_index(numbers[0], c_dim, where);
      labels.add(int64_t(numbers[0]));
    } else {
      check(int64_t(numbers.size()) == c_dim, where, ": ", numbers.size(),
            " numbers; one index or ", c_dim, " numbers are wanted");
      labels.add(numbers.data());
    }
  }
  check(labels.size() > 0, source.name(), ": holds no labels");
  return labels;
}

LabelRows from_array(Source& source, int64_t c_dim) {
  const Tensor array = read_npy(source);
  const rt::Shape& shape = array.shape();
  check(source.available().empty(), source.name(), ": goes on after its array");
  check(array.numel() > 0, source.name(), ": holds no labels");
  const auto where = [&](int64_t row) { return cat(source.name(), ": row ", row); };
  const std::vector<double> values = array.to_doubles();
  LabelRows labels(c_dim);
  const bool column = shape.rank() == 2 && shape[1] == 1 && !rt::is_floating(array.dtype());
  if (shape.rank() == 1 || column) {
    for (int64_t i = 0; i < shape[0]; ++i) {
      check_index(values[size_t(i)], c_dim, where(i));
      labels.add(int64_t(values[size_t(i)]));
    }
    return labels;
  }
  check(shape.rank() == 2 && shape[1] == c_dim, source.name(), ": array of shape ", shape,
        "; [n] or [n, ", c_dim, "] is wanted");
  for (size_t i = 0; i < values.size(); ++i) {
    check(std::isfinite(values[i]), where(int64_t(i) / c_dim), ": label is not finite");
  }
  for (int64_t i = 0; i < shape[0]; ++i) labels.add(&values[size_t(i * c_dim)]);
  return labels;
}

}  // namespace

void LabelRows::add(const double* row) {
  entries_.push_back(~int64_t(values_.size() / size_t(c_dim_)));
  values_.insert(values_.end(), row, row + c_dim_);
}

Tensor LabelRows::rows(int64_t begin, int64_t end) const {
  check(0 <= begin && begin <= end && end <= size(), "labels ", begin, " to ", end, " of ", size());
  Tensor labels = Tensor::zeros({end - begin, c_dim_});
  float* to = labels.data<float>();
  for (int64_t i = begin; i < end; ++i, to += c_dim_) {
    const int64_t entry = entries_[size_t(i)];
    if (entry >= 0) {
      to[entry] = 1;
    } else {
      std::copy_n(values_.begin() + ~entry * c_dim_, c_dim_, to);
    }
  }
  return labels;
}

LabelRows read_labels(const std::string& path, int64_t c_dim) {
  check(c_dim > 0, path, ": labels for a model that has no classes");
  const auto source = open_input(path);
  if (source->peek(kByteOrderMark.size()) == kByteOrderMark) {  // as editors on Windows leave it
    source->consume(kByteOrderMark.size());
    return from_text(*source, c_dim);
  }
  const std::string_view start = source->peek(kMagicBytes);
  if (is_npy(start)) return from_array(*source, c_dim);
  const bool text = describe_wrong(start, "labels").starts_with("text") || start.empty();
  if (!text) fail(source->name(), ": ", describe_wrong(start, "labels (text or NPY)"));
  return from_text(*source, c_dim);
}

Tensor one_hot_labels(int64_t index, int64_t c_dim, int64_t n) {
  check(c_dim > 0, "a class was given, but the model has no classes");
  check(index >= 0 && index < c_dim, "class ", index,
        " is out of range; the model has the classes 0 to ", c_dim - 1);
  Tensor labels = Tensor::zeros({n, c_dim});
  for (int64_t i = 0; i < n; ++i) labels.data<float>()[i * c_dim + index] = 1;
  return labels;
}

}  // namespace sgan::io
