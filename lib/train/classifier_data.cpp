#include "lib/train/classifier_data.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>
#include <unordered_map>

#include "lib/io/dataset/attributes.hpp"
#include "lib/io/json.hpp"
#include "lib/io/sha256.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

constexpr float unknown = -1;

// Some pictures of a data set, with labels of their own.
class LabelledPart : public io::Dataset {
 public:
  LabelledPart(std::shared_ptr<const io::Dataset> data, std::vector<int64_t> pictures,
               const std::vector<std::vector<float>>& labels)
      : data_(std::move(data)), pictures_(std::move(pictures)) {
    info_ = data_->info();
    info_.count = int64_t(pictures_.size());
    info_.label_dim = int(labels.at(0).size());
    for (const int64_t i : pictures_) labels_.push_back(labels[size_t(i)]);
  }
  void read(int64_t index, uint8_t* pixels) const override {
    data_->read(pictures_.at(size_t(index)), pixels);
  }
  void label(int64_t index, float* row) const override {
    const auto& label = labels_.at(size_t(index));
    std::copy(label.begin(), label.end(), row);
  }
  const std::string& name(int64_t index) const override {
    return data_->name(pictures_.at(size_t(index)));
  }

 private:
  std::shared_ptr<const io::Dataset> data_;
  std::vector<int64_t> pictures_;
  std::vector<std::vector<float>> labels_;
};

// 0 <= the result < 1, evenly.
double place_of(const std::string& name) {
  io::Sha256 sha;
  sha.update(name.data(), name.size());
  const std::string hex = sha.hex().substr(0, 12);
  return double(std::stoull(hex, nullptr, 16)) / double(uint64_t{1} << 48);
}

// By size where all are whole numbers, else by the alphabet.
std::vector<std::string> sorted_classes(const std::set<std::string>& values) {
  std::vector<std::string> classes(values.begin(), values.end());
  std::vector<std::pair<int64_t, std::string>> numbers;
  for (const std::string& v : classes) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), number);
    if (error != std::errc() || end != v.data() + v.size()) return classes;
    numbers.emplace_back(number, v);
  }
  std::sort(numbers.begin(), numbers.end());
  for (size_t i = 0; i < classes.size(); ++i) classes[i] = numbers[i].second;
  return classes;
}

size_t column_of(const io::AttributeTable& table, const std::string& name) {
  const auto at = std::find(table.attributes.begin(), table.attributes.end(), name);
  if (at != table.attributes.end()) return size_t(at - table.attributes.begin());
  std::string all;
  for (const std::string& known : table.attributes) all += (all.empty() ? "" : ", ") + known;
  fail(table.path, ": no attribute ", io::shown(name), "; there are ", all);
}

// For each of the table's rows the number of its picture.
std::vector<int64_t> pictures_of(const io::AttributeTable& table, const io::Dataset& data) {
  std::unordered_map<std::string, int64_t> index;
  for (int64_t i = 0; i < data.info().count; ++i) index.emplace(data.name(i), i);
  std::vector<int64_t> pictures;
  size_t missing = 0;
  const io::AttributeTable::Row* first = nullptr;
  for (const auto& row : table.rows) {
    const auto found = index.find(row.picture);
    if (found == index.end() && missing++ == 0) first = &row;
    pictures.push_back(found == index.end() ? -1 : found->second);
  }
  if (missing == 0) return pictures;
  fail(table.path, ": line ", first->line, ": ", data.info().path, " has no picture ",
       io::shown(first->picture), missing > 1 ? cat(" (nor ", missing - 1, " others)") : "");
}

void from_table(const io::AttributeTable& table, const std::vector<std::string>& wanted,
                const io::Dataset& data, std::vector<nets::Attribute>& attributes,
                std::vector<std::vector<float>>& labels) {
  std::vector<size_t> columns;
  for (const std::string& name : wanted) columns.push_back(column_of(table, name));
  const std::vector<int64_t> pictures = pictures_of(table, data);
  for (size_t k = 0; k < wanted.size(); ++k) {
    std::set<std::string> values;
    int64_t known = 0;
    for (const auto& row : table.rows) {
      const std::string& value = row.values[columns[k]];
      if (value.empty()) continue;
      values.insert(value);
      ++known;
    }
    check(int64_t(values.size()) * 2 <= known || values.size() < 2, table.path, ": attribute ",
          io::shown(wanted[k]), " has ", values.size(), " values in ", known,
          " pictures; those are no classes");
    attributes.push_back({wanted[k], sorted_classes(values)});
    const auto& classes = attributes.back().classes;
    for (size_t r = 0; r < table.rows.size(); ++r) {
      const std::string& value = table.rows[r].values[columns[k]];
      if (value.empty()) continue;
      const auto at = std::find(classes.begin(), classes.end(), value);
      labels[size_t(pictures[r])][k] = float(at - classes.begin());
    }
  }
}

void from_labels(const std::vector<std::string>& wanted, const io::Dataset& data,
                 std::vector<nets::Attribute>& attributes,
                 std::vector<std::vector<float>>& labels) {
  const io::DatasetInfo& info = data.info();
  check(wanted.size() == 1 && wanted[0] == "class", info.path, ": no attribute ",
        io::shown(wanted[0] == "class" ? wanted.at(1) : wanted[0]),
        "; without --attributes there is 'class', its labels");
  check(info.label_numbers == 0 && info.label_dim > 0, info.path,
        ": its labels are numbers, not classes");
  nets::Attribute a{"class", info.class_names};
  a.classes.resize(size_t(info.label_dim));
  for (size_t i = 0; i < a.classes.size(); ++i) {
    if (a.classes[i].empty()) a.classes[i] = std::to_string(i);
  }
  attributes.push_back(a);
  std::vector<float> row(a.classes.size());
  for (int64_t i = 0; i < info.count; ++i) {
    data.label(i, row.data());
    labels[size_t(i)][0] = float(std::max_element(row.begin(), row.end()) - row.begin());
  }
}

void check_classes(const ClassifierData& d) {
  const std::string& path = d.training->info().path;
  std::vector<std::set<float>> seen(d.attributes.size());
  std::vector<float> row(d.attributes.size());
  for (int64_t i = 0; i < d.training->info().count; ++i) {
    d.training->label(i, row.data());
    for (size_t k = 0; k < row.size(); ++k) {
      if (row[k] != unknown) seen[k].insert(row[k]);
    }
  }
  for (size_t k = 0; k < seen.size(); ++k) {
    const std::string name = io::shown(d.attributes[k].name);
    check(!seen[k].empty(), path, ": attribute ", name, " is known of no picture to learn from");
    check(seen[k].size() > 1, path, ": attribute ", name, " is ",
          io::shown(d.attributes[k].classes[size_t(*seen[k].begin())]),
          " in all pictures to learn from; a classifier tells two classes at least");
  }
}

}  // namespace

ClassifierData classifier_data(std::shared_ptr<const io::Dataset> data,
                               const std::vector<std::string>& attributes, const std::string& table,
                               double holdout) {
  check(!attributes.empty(), "a classifier of no attributes");
  check(holdout >= 0 && holdout < 1, "a share of ", holdout, " cannot be held out");
  ClassifierData d;
  std::vector<std::vector<float>> labels(size_t(data->info().count),
                                         std::vector<float>(attributes.size(), unknown));
  if (table.empty()) {
    from_labels(attributes, *data, d.attributes, labels);
  } else {
    from_table(io::read_attributes(table), attributes, *data, d.attributes, labels);
  }
  std::vector<int64_t> parts[2];
  for (int64_t i = 0; i < data->info().count; ++i) {
    const auto& label = labels[size_t(i)];
    if (std::all_of(label.begin(), label.end(), [](float v) { return v == unknown; })) {
      ++d.unknown;
    } else {
      parts[place_of(data->name(i)) < holdout].push_back(i);
    }
  }
  check(!parts[0].empty(), data->info().path, ": no picture of known attributes is left to learn",
        parts[1].empty() ? "" : ", all are held out");
  d.training = std::make_shared<LabelledPart>(data, std::move(parts[0]), labels);
  if (!parts[1].empty()) {
    d.held_out = std::make_shared<LabelledPart>(data, std::move(parts[1]), labels);
  }
  check_classes(d);
  return d;
}

}  // namespace sgan::train
