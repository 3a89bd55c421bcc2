// Layer tables of the full-size networks, numpy's random numbers, keyframe paths: no weights
// involved.
#include <cmath>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/families.hpp"
#include "lib/nets/mix.hpp"
#include "lib/nets/stylegan3_layers.hpp"
#include "lib/rt/numpy_random.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

void same(Report& report, const std::string& name, const json& got, const json& expected) {
  report.check(name, got == expected, "got " + got.dump() + ", expected " + expected.dump());
}

// Names and shapes of the trained tensors; what else the table of ours holds are buffers.
void compare_shapes(Report& report, const std::string& name, const nets::ShapeMap& got,
                    const json& params) {
  bool equal = true;
  std::string where;
  for (const auto& [tensor, shape] : params.items()) {
    const auto found = got.find(tensor);
    if (found == got.end() || found->second.dims() != shape.get<std::vector<int64_t>>()) {
      equal = false;
      where = tensor;
    }
  }
  int64_t trained = 0;
  for (const auto& [tensor, shape] : got) trained += params.contains(tensor);
  equal = equal && trained == int64_t(params.size());
  report.check(name, equal,
               cat(params.size(), " tensors ", equal ? "agree" : "differ at " + where));
}

void stylegan2_table(const std::string& name, const json& table, Report& report) {
  json args = table["args"];
  args["img_resolution"] = table["resolution"];
  args["mapping_kwargs"] = {{"num_layers", args["mapping_layers"]}};
  json d_args = args;
  args["architecture"] = args["G_architecture"];
  d_args["architecture"] = d_args["D_architecture"];
  d_args.erase("mapping_kwargs");
  const auto info = nets::generator_info(nets::Family::stylegan2, args);
  same(report, name + ".num_ws", info.num_ws, table["num_ws"]);
  const auto shapes = nets::stylegan2_shapes(args);
  compare_shapes(report, name + ".G_params", shapes, table["G_params"]);
  compare_shapes(report, name + ".D_params",
                 nets::discriminator_shapes(nets::Family::stylegan2, d_args), table["D_params"]);
  int64_t count = 0;
  for (const auto& [tensor, shape] : shapes) {
    if (table["G_params"].contains(tensor)) count += shape.numel();
  }
  same(report, name + ".G_num_params", count, table["G_num_params"]);
  for (const auto& [tensor, shape] : table["G_buffers"].items()) {
    if (tensor.find("resample_filter") != std::string::npos) continue;  // from settings
    const auto found = shapes.find(tensor);
    report.check(name + "." + tensor,
                 found != shapes.end() && found->second.dims() == shape.get<std::vector<int64_t>>(),
                 "buffer");
  }
}

void stylegan3_table_case(const std::string& name, const json& table, Report& report) {
  json args = table["args"];
  args["img_resolution"] = table["resolution"];
  const auto ours = nets::stylegan3_table(args);
  const auto info = nets::generator_info(nets::Family::stylegan3, args);
  same(report, name + ".num_ws", info.num_ws, table["num_ws"]);
  same(report, name + ".input.channels", ours.input.channels, table["input"]["channels"]);
  same(report, name + ".input.size", json::array({ours.input.size, ours.input.size}),
       table["input"]["size"]);
  report.compare(name + ".input", {ours.input.sampling_rate, ours.input.bandwidth},
                 {table["input"]["sampling_rate"], table["input"]["bandwidth"]}, 1e-12);
  same(report, name + ".layers", ours.layers.size(), table["layers"].size());
  for (size_t i = 0; i < ours.layers.size() && i < table["layers"].size(); ++i) {
    const auto& l = ours.layers[i];
    const json& e = table["layers"][i];
    const json whole = {{"name", l.name},
                        {"is_torgb", l.is_torgb},
                        {"is_critically_sampled", l.is_critically_sampled},
                        {"in_channels", l.in_channels},
                        {"out_channels", l.out_channels},
                        {"in_size", {l.in_size, l.in_size}},
                        {"out_size", {l.out_size, l.out_size}},
                        {"conv_kernel", l.conv_kernel},
                        {"up_factor", l.up_factor},
                        {"down_factor", l.down_factor},
                        {"up_taps", l.up_taps},
                        {"down_taps", l.down_taps},
                        {"down_radial", l.down_radial},
                        {"padding", l.padding}};
    for (const auto& [key, value] : whole.items()) {
      same(report, name + "." + l.name + "." + key, value, e[key]);
    }
    report.compare(name + "." + l.name + " rates",
                   {l.in_sampling_rate, l.out_sampling_rate, l.tmp_sampling_rate, l.in_cutoff,
                    l.out_cutoff, l.in_half_width, l.out_half_width},
                   {e["in_sampling_rate"], e["out_sampling_rate"], e["tmp_sampling_rate"],
                    e["in_cutoff"], e["out_cutoff"], e["in_half_width"], e["out_half_width"]},
                   1e-12);
    for (const char* which : {"up_filter", "down_filter"}) {
      const auto filter = which[0] == 'u' ? l.up_filter() : l.down_filter();
      if (e[which].is_null()) {
        report.check(name + "." + l.name + "." + which, !filter.defined(), "no filter");
        continue;
      }
      std::vector<double> taps;
      for (const json& row : e[which]) {
        if (row.is_array())
          taps.insert(taps.end(), row.begin(), row.end());
        else
          taps.push_back(row);
      }
      report.compare(name + "." + l.name + "." + which, filter.taps, taps, 1e-6);
    }
  }
}

std::vector<double> from_hex(const json& values) {
  std::vector<double> v;
  for (const json& text : values) v.push_back(std::stod(text.get<std::string>()));
  return v;
}

void exactly(Report& report, const std::string& name, const std::vector<double>& got,
             const std::vector<double>& expected) {
  report.check(name, got == expected, cat(expected.size(), " numbers, bit for bit"));
}

}  // namespace

void run_layer_tables(const Golden& g, Report& report) {
  for (const auto& [name, table] : g.document.items()) {
    if (!table.is_object()) continue;
    if (table.contains("layers"))
      stylegan3_table_case(name, table, report);
    else
      stylegan2_table(name, table, report);
  }
}

void run_numpy_seeds(const Golden& g, Report& report) {
  for (const json& draw : g.document["draws"]) {
    const uint32_t seed = draw["seed"];
    rt::NumpyRandom random(seed);
    const std::string name = cat("seed ", seed);
    if (!draw.contains("sequence_from_one_generator")) {
      int rows = 1, columns = 0;
      const std::string call = draw["draw"];
      check(std::sscanf(call.c_str(), "randn(%d,%d)", &rows, &columns) == 2, "unknown draw ", call);
      std::vector<double> v(size_t(rows) * size_t(columns));
      for (double& x : v) x = random.randn();
      exactly(report, name + " " + call + " first 8", {v.begin(), v.begin() + 8},
              from_hex(draw["first8_hex"]));
      exactly(report, name + " " + call + " last 4", {v.end() - 4, v.end()},
              from_hex(draw["last4_hex"]));
      long double sum = 0;
      for (double x : v) sum += x;
      report.compare(name + " " + call + " sum", {double(sum)},
                     {std::stod(draw["sum_hex"].get<std::string>())}, 1e-12);
      continue;
    }
    for (const json& step : draw["sequence_from_one_generator"]) {
      const std::string call = step["call"];
      std::vector<double> got;
      int n = 0, low = 0, high = 0;
      if (std::sscanf(call.c_str(), "randn(%d)", &n) == 1) {
        for (int i = 0; i < n; ++i) got.push_back(random.randn());
      } else if (std::sscanf(call.c_str(), "random_sample(%d)", &n) == 1) {
        for (int i = 0; i < n; ++i) got.push_back(random.random_sample());
      } else if (std::sscanf(call.c_str(), "raw 32-bit words x%d", &n) == 1) {
        for (int i = 0; i < n; ++i) got.push_back(random.next_word());
      } else if (std::sscanf(call.c_str(), "shuffle(arange(%d))", &n) == 1) {
        for (int i = 0; i < n; ++i) got.push_back(i);
        random.shuffle(std::span(got));
      } else if (std::sscanf(call.c_str(), "randint(%d,%d,size=%d)", &low, &high, &n) == 3) {
        for (int i = 0; i < n; ++i) got.push_back(double(random.randint(low, high)));
      } else {
        fail("unknown draw ", call);
      }
      exactly(
          report, name + " " + call, got,
          step.contains("hex") ? from_hex(step["hex"]) : step["values"].get<std::vector<double>>());
    }
  }
}

void run_interpolation(const Golden& g, Report& report) {
  for (const auto& [key, value] : g.metadata) {
    if (!g.has("in." + key + ".keyframes")) continue;
    const json c = json::parse(value);
    const rt::Tensor keyframes = g.tensor("in." + key + ".keyframes");
    const rt::Tensor expected = g.tensor("out." + key + ".w");
    std::vector<double> got;
    const auto append = [&](const rt::Tensor& t) {
      const auto v = t.to_doubles();
      got.insert(got.end(), v.begin(), v.end());
    };
    const std::string kind = c["kind"];
    if (kind == "cubic") {
      const nets::PeriodicSpline spline(keyframes, c["wraps"]);
      for (double t : g.tensor("in." + key + ".t").to_doubles()) append(spline.at(t));
    } else {
      const nets::Path path(keyframes, nets::PathKind::lerp, c["w_frames"], true);
      for (int64_t i = 0; i < path.frames(); ++i) append(path.frame(i));
    }
    report.compare(key + " " + kind, got, expected.to_doubles(), 1e-9);
  }
}

}  // namespace sgan::parity
