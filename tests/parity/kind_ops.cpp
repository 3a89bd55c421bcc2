// ops_*: operators with first and second gradients, made in double.
#include <numeric>

#include "lib/ops/bias_act.hpp"
#include "lib/ops/conv2d_resample.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/filtered_lrelu.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/modulated_conv2d.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using ag::Vars;

struct Case {
  const Golden& golden;
  const Report& report;
  std::string name;
  json args;
  std::map<std::string, Var> inputs;  // leaves in the official layout

  bool has(const std::string& input) const { return inputs.count(input) > 0; }
  Var in(const std::string& input) const {
    const auto found = inputs.find(input);
    return found == inputs.end() ? Var() : found->second;
  }
  template <class T>
  T arg(const char* key, T fallback) const {
    return args.contains(key) && !args[key].is_null() ? args[key].get<T>() : fallback;
  }
  ops::Filter filter(const std::string& tensor) const {
    const std::string full = "in." + name + "." + tensor;
    return golden.has(full) ? ops::Filter::from(golden.tensor(full)) : ops::Filter{};
  }
  // An int for both axes or [x, y].
  std::pair<int, int> factor(const char* key) const {
    if (!args.contains(key)) return {1, 1};
    if (args[key].is_array()) return {args[key][0], args[key][1]};
    return {args[key], args[key]};
  }
  // One int, [x, y] or [x0, x1, y0, y1].
  ops::Padding padding() const {
    if (!args.contains("padding")) return {};
    const json& p = args["padding"];
    if (p.is_number()) return ops::Padding::all(p);
    if (p.size() == 2) return {p[0], p[0], p[1], p[1]};
    return {p[0], p[1], p[2], p[3]};
  }
};

Var bias_act(const Case& c) {
  ops::ActOptions o = ops::ActOptions::of(ops::parse_act(c.args["act"].get<std::string>()));
  o.alpha = c.arg("alpha", o.alpha);
  o.gain = c.arg("gain", o.gain);
  o.clamp = c.arg("clamp", o.clamp);
  const Var x = c.in("x");
  std::vector<int> order(size_t(x.rank()));  // moves the bias's axis to the end, and back
  std::iota(order.begin(), order.end(), 0);
  const int axis = c.arg("dim", 1);
  order.erase(order.begin() + axis);
  order.push_back(axis);
  std::vector<int> inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i) inverse[size_t(order[i])] = int(i);
  return ops::permute(ops::bias_act(ops::permute(x, order), c.in("b"), o), inverse);
}

ops::UpfirdnOptions upfirdn_options(const Case& c) {
  ops::UpfirdnOptions o;
  std::tie(o.up_x, o.up_y) = c.factor("up");
  std::tie(o.down_x, o.down_y) = c.factor("down");
  o.padding = c.padding();
  o.flip = c.arg("flip_filter", false);
  o.gain = c.arg("gain", 1.0);
  return o;
}

Var upfirdn(const Case& c) {
  const std::string op = c.args["op"];
  ops::UpfirdnOptions o = upfirdn_options(c);
  const ops::Filter f = c.filter("f");
  const Var x = channels_last(c.in("x"));
  if (op == "filter2d") return channels_first(ops::filter2d(x, f, o));
  if (op == "upsample2d") {
    o.padding = ops::upsample_padding(f, o.up_x, o.up_y, o.padding);
    o.gain *= o.up_x * o.up_y;
  }
  if (op == "downsample2d") {
    o.padding = ops::downsample_padding(f, o.down_x, o.down_y, o.padding);
  }
  return channels_first(ops::upfirdn2d(x, f, o));
}

Var conv2d_resample(const Case& c) {
  ops::ResampleOptions o;
  o.up = c.arg("up", 1);
  o.down = c.arg("down", 1);
  o.padding = c.padding();
  o.flip_weight = c.arg("flip_weight", true);
  o.flip_filter = c.arg("flip_filter", false);
  o.groups = c.arg("groups", 1);
  return channels_first(
      ops::conv2d_resample(channels_last(c.in("x")), channels_last(c.in("w")), c.filter("f"), o));
}

Var modulated_v2(const Case& c) {
  ops::ResampleOptions o;
  o.up = c.arg("up", 1);
  o.down = c.arg("down", 1);
  o.padding = c.padding();
  o.flip_weight = c.arg("flip_weight", true);
  ops::Epilogue epilogue;
  if (c.has("noise")) {
    const Var noise = c.in("noise");
    epilogue.noise = noise.rank() == 2 ? ops::reshape(noise, {1, noise.size(0), noise.size(1), 1})
                                       : channels_last(noise);
  }
  const Var weight = channels_last(c.in("weight"));
  return channels_first(
      ops::modulated_conv2d(channels_last(c.in("x")), weight,
                            ops::modulate_v2(weight, c.in("styles"), c.arg("demodulate", true)),
                            c.filter("f"), o, epilogue));
}

Var modulated_v3(const Case& c) {
  ops::ResampleOptions o;
  o.padding = c.padding();
  const Var weight = channels_last(c.in("w"));
  return channels_first(ops::modulated_conv2d(
      channels_last(c.in("x")), weight,
      ops::modulate_v3(weight, c.in("s"), c.arg("demodulate", true), c.in("input_gain")), {}, o));
}

Var filtered_lrelu(const Case& c) {
  ops::FilteredLreluOptions o;
  o.up = c.arg("up", 1);
  o.down = c.arg("down", 1);
  o.padding = c.padding();
  o.gain = c.arg("gain", o.gain);
  o.slope = c.arg("slope", o.slope);
  o.clamp = c.arg("clamp", -1.0);
  o.flip_filter = c.arg("flip_filter", false);
  return channels_first(
      ops::filtered_lrelu(channels_last(c.in("x")), c.in("b"), c.filter("fu"), c.filter("fd"), o));
}

Var fully_connected(const Case& c) {
  const auto act = ops::ActOptions::of(ops::parse_act(c.arg<std::string>("activation", "linear")));
  return ops::dense(c.in("x"), c.in("weight"), c.in("bias"), c.arg("lr_multiplier", 1.0), act);
}

Var build(const Case& c) {
  const std::string op = c.args["op"];
  if (op == "bias_act") return bias_act(c);
  if (op == "upfirdn2d" || op == "filter2d" || op == "upsample2d" || op == "downsample2d") {
    return upfirdn(c);
  }
  if (op == "conv2d_resample") return conv2d_resample(c);
  if (op == "modulated_conv2d_v2") return modulated_v2(c);
  if (op == "modulated_conv2d_v3") return modulated_v3(c);
  if (op == "filtered_lrelu") return filtered_lrelu(c);
  if (op == "fully_connected") return fully_connected(c);
  if (op == "normalize_2nd_moment") {
    return ops::normalize_2nd_moment(c.in("x"), c.arg("dim", 1), c.arg("eps", 1e-8));
  }
  if (op == "minibatch_std") {
    return channels_first(ops::minibatch_stddev(channels_last(c.in("x")), c.arg("group_size", 0),
                                                c.arg("num_channels", 1)));
  }
  fail("unknown operator '", op, "'");
}

void run_case(const Golden& golden, Report& report, const std::string& name) {
  Case c{golden, report, name, golden.data("case." + name), {}};
  const std::string prefix = "in." + name + ".";
  for (const auto& [full, t] : golden.tensors) {
    if (!full.starts_with(prefix)) continue;
    const std::string short_name = full.substr(prefix.size());
    if (short_name == "v" || short_name == "f" || short_name == "fu" || short_name == "fd")
      continue;
    c.inputs[short_name] = input(golden, full, report, true);
  }
  const bool f64 = report.setting().is_double();
  const double first = f64 ? 1e-10 : 1e-5, second = f64 ? 1e-10 : 1e-4;
  {
    ag::NoGrad inference;  // the fused paths must give the same
    report.compare(name + ".y (inference)", build(c).value(), golden.tensor("out." + name + ".y"),
                   first);
  }
  const Var y = build(c);
  report.compare(name + ".y", y.value(), golden.tensor("out." + name + ".y"), first);

  const auto compare_gradient = [&](const std::string& tensor, const Var& of, const Var& got,
                                    double tolerance) {
    if (!golden.has(tensor)) return;
    const rt::Tensor value = got.defined() ? got.value() : rt::Tensor::zeros(of.shape());
    report.compare(tensor, value, golden.tensor(tensor), tolerance);
  };
  std::vector<std::string> names;
  Vars targets;
  for (const auto& wrt : c.args["wrt"]) {
    names.push_back(wrt);
    targets.push_back(c.in(names.back()));
  }
  const Var dy = c.in("dy");
  const Vars gradients = ag::grad(y, targets, dy, true);
  for (size_t i = 0; i < names.size(); ++i) {
    compare_gradient("grad." + name + "." + names[i], targets[i], gradients[i], first);
  }
  if (!c.args.contains("second_order_of")) return;
  const std::string of = c.args["second_order_of"];
  Var g;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == of) g = gradients[i];
  }
  names.push_back("dy");
  targets.push_back(dy);
  const Vars again = ag::grad(g, targets, input(golden, prefix + "v", report));
  for (size_t i = 0; i < names.size(); ++i) {
    compare_gradient("grad2." + name + "." + names[i], targets[i], again[i], second);
  }
}

}  // namespace

void run_ops(const Golden& golden, Report& report) {
  for (const auto& name : golden.data("cases")) run_case(golden, report, name);
}

void run_filters(const Golden& golden, Report& report) {
  for (const auto& [key, value] : golden.metadata) {
    if (!key.starts_with("case.")) continue;
    const std::string name = key.substr(5);
    const json c = json::parse(value);
    ops::Filter f;
    if (c["op"] == "design_lowpass_filter") {
      f = ops::design_lowpass(c["numtaps"], c["cutoff"], c["width"], c["fs"], c["radial"]);
      if (!f.defined()) f = {{1.0}, 1, 1, true};
    } else {
      ops::FilterSetup s;
      s.normalize = c.value("normalize", true);
      s.flip = c.value("flip_filter", false);
      s.gain = c.value("gain", 1.0);
      if (c.contains("separable") && !c["separable"].is_null())
        s.separable = c["separable"] ? 1 : 0;
      const json& taps = c["f"];
      if (taps.is_array() && !taps.empty() && taps[0].is_array()) {
        std::vector<double> flat;
        for (const auto& row : taps) flat.insert(flat.end(), row.begin(), row.end());
        f = ops::setup_filter_2d(flat, int(taps.size()), int(taps[0].size()), s);
      } else if (taps.is_array()) {
        f = ops::setup_filter(taps.get<std::vector<double>>(), s);
      } else {
        f = ops::setup_filter({taps.is_null() ? 1.0 : taps.get<double>()}, s);
      }
    }
    report.compare(name + ".f", f.tensor(), golden.tensor("out." + name + ".f"), 1e-6);
    if (golden.has("out." + name + ".f64")) {
      report.compare(name + ".f64", f.tensor(rt::DType::f64), golden.tensor("out." + name + ".f64"),
                     1e-12);
    }
  }
}

}  // namespace sgan::parity
