#include "lib/io/dataset/labels.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "lib/io/json.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

constexpr int64_t kMaxClasses = 1 << 20;
constexpr size_t kMaxDim = 1 << 16;

// "a", "b", "c" and 7 more
std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 3; ++i) {
    text += cat(i ? ", " : "", names[i]);
  }
  return names.size() > 3 ? cat(text, " and ", names.size() - 3, " more") : text;
}

}  // namespace

void LabelTable::row(size_t picture, float* to) const {
  if (classes.empty()) {
    std::copy_n(rows.begin() + int64_t(picture) * dim, dim, to);
  } else {
    std::fill_n(to, dim, 0.0f);
    to[classes[picture]] = 1;
  }
}

std::string LabelTable::text(size_t picture) const {
  if (dim == 0) return "null";
  if (!classes.empty()) return std::to_string(classes[picture]);
  const auto first = rows.begin() + int64_t(picture) * dim;
  return nlohmann::json(std::vector<float>(first, first + dim)).dump();
}

LabelTable parse_labels(const std::string& text, const std::vector<std::string>& names,
                        const std::string& what) {
  LabelTable table;
  const nlohmann::json document = parse_json(text, what);
  check(document.is_object(), what, ": not a JSON object with \"labels\"");
  if (const auto given = document.find("classes"); given != document.end() && given->is_array()) {
    for (const nlohmann::json& name : *given) {
      if (name.is_string()) table.names.push_back(name);
    }
    if (table.names.size() != given->size()) table.names.clear();  // something else of that name
  }
  const auto found = document.find("labels");
  if (found == document.end() || found->is_null()) return table;
  check(found->is_array(), what, ": \"labels\" is not a list of [name, label]");

  std::unordered_map<std::string, size_t> index;
  for (size_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
  std::vector<const nlohmann::json*> labels(names.size());
  std::vector<std::string> missing;
  for (const nlohmann::json& entry : *found) {
    check(entry.is_array() && entry.size() == 2 && entry[0].is_string(), what,
          ": an entry of \"labels\" is not [name, label] but ", shown(entry.dump()));
    std::string name = entry[0];
    std::replace(name.begin(), name.end(), '\\', '/');
    const auto at = index.find(name);
    if (at == index.end()) {
      missing.push_back(shown(name));
      continue;
    }
    check(!labels[at->second], what, ": ", shown(name), " is labelled twice");
    labels[at->second] = &entry[1];
  }
  check(missing.empty(), what, ": labels of pictures that are not there: ", some_of(missing));
  for (size_t i = 0; i < names.size(); ++i) {
    if (!labels[i]) missing.push_back(shown(names[i]));
  }
  check(missing.empty(), what, ": pictures without a label: ", some_of(missing));

  const bool classes = labels[0]->is_number_integer();
  if (!classes) {
    check(labels[0]->is_array() && !labels[0]->empty() && labels[0]->size() <= kMaxDim, what,
          ": the label of ", shown(names[0]), " is neither a class from 0 nor a list of numbers");
    table.dim = int(labels[0]->size());
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const nlohmann::json& label = *labels[i];
    if (classes) {
      const bool good = label.is_number_integer() && label >= 0 && label < kMaxClasses;
      check(good, what, ": the label of ", shown(names[i]), " is ", shown(label.dump()),
            ", not a class from 0 to ", kMaxClasses - 1, " like the others");
      table.classes.push_back(label);
      table.dim = std::max(table.dim, int(label) + 1);
      continue;
    }
    check(label.is_array() && int(label.size()) == table.dim, what, ": the label of ",
          shown(names[i]), " is not a list of ", table.dim, " numbers like the first");
    for (const nlohmann::json& number : label) {
      const float value = number.is_number() ? number.get<float>() : NAN;
      check(std::isfinite(value), what, ": the label of ", shown(names[i]), " holds ",
            shown(number.dump()), ", not a number");
      table.rows.push_back(value);
    }
  }
  return table;
}

}  // namespace sgan::io
