// The settings of a classifier's run as JSON, and back.
#include <filesystem>

#include "lib/train/classifier_run.hpp"

namespace sgan::train {

using nlohmann::json;

json ClassifierOptions::to_json() const {
  json all = common_json();
  all.update({{"config", kClassifierConfig},
              {"attributes", attributes},
              {"table", table.empty() ? "" : std::filesystem::absolute(table).string()},
              {"name", name}});
  return all;
}

ClassifierOptions ClassifierOptions::from_json(const json& s) try {
  ClassifierOptions o;
  o.read_common(s);
  o.attributes = s.at("attributes").get<std::vector<std::string>>();
  o.table = s.at("table");
  o.name = s.at("name");
  return o;
} catch (const json::exception& e) {
  fail("the run's settings: ", e.what());
}

}  // namespace sgan::train
