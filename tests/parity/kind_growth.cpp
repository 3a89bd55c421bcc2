// progressive_schedule and process_reals: what progressive growing asks of a training loop.
#include "lib/train/reals.hpp"
#include "lib/train/schedule.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

template <class T>
std::map<int, T> by_resolution(const json& table) {
  std::map<int, T> result;
  for (const auto& [key, value] : table.items()) result[std::stoi(key)] = value.template get<T>();
  return result;
}

train::GrowthSettings settings_of(const json& c) {
  train::GrowthSettings s;
  s.max_resolution = c.at("max_res");
  s.initial_resolution = c.at("init_res");
  s.train_kimg = c.at("train_kimg");
  s.fade_kimg = c.at("trans_kimg");
  s.devices = c.at("gpus");
  s.minibatch_base = c.at("mb_base");
  s.minibatch = by_resolution<int>(c.at("mb_dict"));
  s.max_per_device = by_resolution<int>(c.at("max_per_gpu"));
  s.lr_base = c.at("lr_base");
  s.lr = by_resolution<double>(c.at("lr_dict"));
  s.lr_rampup_kimg = c.at("rampup");
  return s;
}

}  // namespace

void run_progressive_schedule(const Golden& golden, Report& report) {
  for (const json& table : golden.document.at("tables")) {
    const std::string name = table.at("name");
    const train::GrowthSettings settings = settings_of(table.at("config"));
    std::vector<double> lods, lrs, expected_lods, expected_lrs;
    bool equal = true;
    std::string where = "all rows agree";
    for (const json& row : table.at("rows")) {
      const auto stage = train::growth_stage(settings, row.at("kimg"));
      lods.push_back(stage.lod);
      lrs.push_back(stage.lr);
      expected_lods.push_back(row.at("lod"));
      expected_lrs.push_back(row.at("lrate"));
      if (stage.resolution == row.at("resolution") && stage.minibatch == row.at("minibatch")) {
        continue;
      }
      equal = false;
      where = cat("resolution ", stage.resolution, ", minibatch ", stage.minibatch, " instead of ",
                  row.dump());
    }
    report.check(name, equal, where);
    report.compare(name + ".lod", lods, expected_lods, 1e-12);
    report.compare(name + ".lrate", lrs, expected_lrs, 1e-12);
  }
}

void run_process_reals(const Golden& golden, Report& report) {
  const Setting setting = report.setting();
  for (const auto& [key, text] : golden.metadata) {
    if (key.size() < 2 || key[0] != 'c' || key.find_first_not_of("0123456789", 1) != key.npos) {
      continue;
    }
    const json c = json::parse(text);
    const train::DynamicRange range{c.at("drange_data")[0], c.at("drange_data")[1],
                                    c.at("drange_net")[0], c.at("drange_net")[1]};
    const rt::Tensor images = golden.tensor("in." + key + ".images").permute({0, 2, 3, 1});
    std::vector<uint8_t> flips;
    if (c.at("mirror").get<bool>()) {
      const auto flip = golden.tensor("in." + key + ".flip").span<uint8_t>();
      flips.assign(flip.begin(), flip.end());
    }
    const ag::Var reals = train::process_reals(images, flips, c.at("lod"), c.at("full_resolution"),
                                               setting.type, setting.device, range);
    report.compare("out." + key + ".reals", official(reals), golden.tensor("out." + key + ".reals"),
                   setting.is_double() ? 1e-10 : 1e-6);
  }
}

}  // namespace sgan::parity
