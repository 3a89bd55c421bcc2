// Perceptual path length of an analytic generator (1812.04948, section 4.1).
#include <cmath>

#include "lib/metrics/path_length.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using metrics::PathLengthSettings;

// The generator and the features of the file's README, sizes from the case's settings.
class Analytic {
 public:
  Analytic(const Golden& g, const std::string& prefix, const json& settings, const Report& report)
      : g_(g), prefix_("param." + prefix), s_(settings), type_(report.setting().type) {}

  Var map(const Var& z, const Var& labels) const {
    const auto a = numbers("G.mapping.A"), b = numbers("G.mapping.b"), l = numbers("G.mapping.L");
    const auto rows = z.value().to_doubles();
    const auto classes = labels.defined() ? labels.value().to_doubles() : std::vector<double>();
    const int64_t n = z.size(0), zd = z.size(1), wd = s_["w_dim"], cd = s_["c_dim"];
    const int64_t num_ws = s_["num_ws"];
    rt::Tensor w({n, num_ws, wd}, rt::DType::f64);
    for (int64_t i = 0; i < n; ++i) {
      double squares = 0;
      for (int64_t k = 0; k < zd; ++k) squares += rows[i * zd + k] * rows[i * zd + k];
      const double scale = 1 / std::sqrt(squares / double(zd) + 1e-8);
      for (int64_t o = 0; o < wd; ++o) {
        double sum = b[o];
        for (int64_t k = 0; k < zd; ++k) sum += a[o * zd + k] * rows[i * zd + k] * scale;
        for (int64_t k = 0; k < cd; ++k) sum += l[o * cd + k] * classes[i * cd + k];
        for (int64_t m = 0; m < num_ws; ++m) {
          w.data<double>()[(i * num_ws + m) * wd + o] = sum < 0 ? 0.2 * sum : sum;
        }
      }
    }
    return w.to(type_);
  }

  Var synthesize(const Var& ws, const std::vector<double>& noise) const {
    const auto p = numbers("G.synthesis.P"), q = numbers("G.synthesis.q");
    const auto amp = numbers("G.synthesis.amp"), w = ws.value().to_doubles();
    const double strength = noise.empty() ? 0 : numbers("G.synthesis.strength")[0];
    const int64_t n = ws.size(0), layers = ws.size(1), wd = ws.size(2);
    const int64_t size = s_["resolution"], channels = s_["channels"];
    rt::Tensor out = rt::Tensor::zeros({n, size, size, channels}, rt::DType::f64);
    double* y = out.data<double>();
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t l = 0; l < layers; ++l) {
        for (int64_t c = 0; c < channels; ++c) {
          double f[3];
          for (int64_t k = 0; k < 3; ++k) {
            f[k] = q[(l * channels + c) * 3 + k];
            for (int64_t d = 0; d < wd; ++d) {
              f[k] += p[((l * channels + c) * 3 + k) * wd + d] * w[(i * layers + l) * wd + d];
            }
          }
          for (int64_t r = 0; r < size * size; ++r) {
            const double x = (double(r % size) + 0.5) / double(size) - 0.5;
            const double v = (double(r / size) + 0.5) / double(size) - 0.5;
            y[(i * size * size + r) * channels + c] +=
                amp[l] * std::sin(2 * M_PI * (f[0] * x + f[1] * v) + f[2]);
          }
        }
      }
      for (int64_t r = 0; r < size * size * channels && !noise.empty(); ++r) {
        y[i * size * size * channels + r] += strength * noise[r / channels];
      }
    }
    return out.to(type_);
  }

  // Squared distance of tanh(conv) / sqrt(pixels).
  Var distance(const Var& a, const Var& b) const {
    const Var d = ops::subtract(embed(a), embed(b));
    return ops::reshape(ops::sum(ops::square(d), {1, 2, 3}), {a.size(0)});
  }

 private:
  Var embed(const Var& pictures) const {
    const Var x = pictures.size(3) == 1 ? ops::concat({pictures, pictures, pictures}, 3) : pictures;
    const Var weight(g_.tensor(prefix_ + "feat.w").to(type_).permute({0, 2, 3, 1}));
    ops::ConvOptions options;
    options.stride_y = options.stride_x = 4;
    const Var y = ops::conv2d(ops::affine(x, 1 / 127.5, -1), weight, options);
    const rt::Tensor value = y.value().to(rt::DType::f64).clone();
    for (double& v : value.span<double>()) v = std::tanh(v);
    return ops::scale(value.to(type_), 1 / std::sqrt(double(y.size(1) * y.size(2))));
  }
  std::vector<double> numbers(const std::string& name) const {
    return g_.tensor(prefix_ + name).to_doubles();
  }
  const Golden& g_;
  std::string prefix_;
  json s_;
  rt::DType type_;
};

PathLengthSettings settings_of(const json& c) {
  PathLengthSettings s;
  s.space = c["space"] == "w" ? PathLengthSettings::Space::w : PathLengthSettings::Space::z;
  s.sampling = c["sampling"] == "end" ? PathLengthSettings::Sampling::end
                                      : PathLengthSettings::Sampling::full;
  s.variant =
      c["variant"] == "sg1" ? PathLengthSettings::Variant::sg1 : PathLengthSettings::Variant::sg3;
  s.epsilon = c["epsilon"];
  s.crop = c["crop"];
  return s;
}

// Rows of both ends of the paths: interleaved in the older variant, halves in the newer.
std::pair<rt::Tensor, rt::Tensor> ends(const rt::Tensor& z, const json& c) {
  const int64_t n = z.size(0) / 2, dim = z.size(1);
  if (c["variant"] == "sg3") return {z.rows(0, n), z.rows(n, 2 * n)};
  const rt::Tensor sides = z.reshape({n, 2, dim}).permute({1, 0, 2});
  return {sides.rows(0, 1).reshape({n, dim}), sides.rows(1, 2).reshape({n, dim})};
}

void run_case(const Golden& g, const std::string& name, Report& report) {
  const json c = g.data(name);
  const rt::DType type = report.setting().type;
  const double loose = report.setting().is_double() ? 1e-6 : 5e-2;  // a difference over epsilon^2
  const Analytic net(g, name + ".", c, report);
  std::vector<double> all;
  for (int b = 0; b < c["batches"].get<int>(); ++b) {
    const std::string in = cat("in.", name, ".b", b, ".");
    const auto noise =
        g.has(in + "noise") ? g.tensor(in + "noise").to_doubles() : std::vector<double>();
    metrics::PathLengthNetwork network;
    network.map = [&](const Var& z, const Var& labels) { return net.map(z, labels); };
    network.synthesize = [&](const Var& ws) { return net.synthesize(ws, noise); };
    network.distance = [&](const Var& x, const Var& y) { return net.distance(x, y); };
    const auto [z0, z1] = ends(g.tensor(in + "z"), c);
    rt::Tensor labels;
    if (g.has(in + "labels") && c["c_dim"].get<int>() > 0)
      labels = g.tensor(in + "labels").to(type);
    const auto got = metrics::path_lengths(network, settings_of(c), z0.to(type), z1.to(type),
                                           labels, g.tensor(in + "t").to_doubles());
    report.compare(cat(name, ".b", b), got,
                   g.tensor(cat("out.", name, ".b", b, ".dist")).to_doubles(), loose);
    all.insert(all.end(), got.begin(), got.end());
  }
  const auto s = metrics::summarize_path_lengths(all);
  report.compare(name + ".lo_hi_ppl", std::vector<double>{s.low, s.high, s.mean},
                 g.tensor("out." + name + ".lo_hi_ppl").to_doubles(), loose);
}

}  // namespace

void run_metric_ppl(const Golden& g, Report& report) {
  if (g.has("in.slerp.a")) {
    report.compare("slerp",
                   metrics::slerp(g.tensor("in.slerp.a"), g.tensor("in.slerp.b"),
                                  g.tensor("in.slerp.t").to_doubles()),
                   g.tensor("out.slerp"), 1e-9);
  }
  if (g.has("in.filter.dist")) {
    const auto s = metrics::summarize_path_lengths(g.tensor("in.filter.dist").to_doubles());
    report.compare("filter", std::vector<double>{s.low, s.high, s.mean},
                   g.tensor("out.filter").to_doubles(), 1e-9);
  }
  for (const auto& [key, value] : g.metadata) {
    if (key.size() > 1 && key[0] == 'c' && key.find_first_not_of("0123456789", 1) == key.npos) {
      run_case(g, key, report);
    }
  }
}

}  // namespace sgan::parity
