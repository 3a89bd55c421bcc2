// metric_equivariance: moved pictures, their masks, and EQ-T and EQ-R of an analytic generator.
#include <cmath>
#include <numbers>

#include "lib/metrics/equivariance.hpp"
#include "lib/metrics/moved_pictures.hpp"
#include "lib/nets/weights.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using metrics::Equivariance;
using metrics::Matrix;
using rt::DType;
using rt::Tensor;

double tolerance(const Report& report) { return report.setting().is_double() ? 1e-9 : 1e-4; }

Matrix matrix_of(const Tensor& t) {
  const auto values = t.to_doubles();
  sgan::check(values.size() == 9, "a matrix of shape ", t.shape());
  Matrix m;
  std::copy(values.begin(), values.end(), m.begin());
  return m;
}

Tensor tensor_of(const Matrix& m) {
  return Tensor::from(std::vector<double>(m.begin(), m.end()), {3, 3});
}

Tensor tensor_of(const metrics::BandlimitFilter& f) {
  return Tensor::from(f.taps, {f.side, f.side});
}

// [N, C, H, W] with zeros where the mask [1, 1, H, W] is zero.
Tensor masked(const Tensor& pictures, const Tensor& mask) {
  auto values = pictures.to_doubles();
  const auto valid = mask.to_doubles();
  for (size_t i = 0; i < values.size(); ++i) values[i] *= valid[i % valid.size()];
  return Tensor::from(values, pictures.shape());
}

void compare(const Golden& g, Report& report, const std::string& name, const metrics::Moved& got,
             bool everywhere) {
  const Tensor mask = got.mask.reshape({1, 1, got.mask.size(0), got.mask.size(1)});
  const Tensor& want_mask = g.tensor(name + ".mask");
  report.exact(name + ".mask", mask, want_mask);
  const std::string pictures = g.has(name + ".z") ? name + ".z" : name;
  const Tensor z = nets::to_channels_first(got.pictures), &want = g.tensor(pictures);
  if (everywhere || z.shape() != want.shape()) {
    report.compare(pictures, z, want, tolerance(report));
  } else {
    report.compare(pictures, masked(z, want_mask), masked(want, want_mask), tolerance(report));
  }
}

metrics::BandlimitSettings settings_of(const json& given) {
  metrics::BandlimitSettings s;
  for (const auto& [key, value] : given.items()) {
    if (key == "a")
      s.a = value;
    else if (key == "amax")
      s.amax = value;
    else if (key == "aflt")
      s.aflt = value;
    else if (key == "up")
      s.up = value;
    else if (key == "cutoff_in")
      s.cutoff_in = value;
    else if (key == "cutoff_out")
      s.cutoff_out = value;
    else
      sgan::fail("no such setting of a filter: ", key);
  }
  return s;
}

void run_helpers(const Golden& g, Report& report) {
  const json config = g.data("config");
  const double precise = 1e-9;  // filters are always computed in double
  const Tensor x = nets::to_channels_last(g.tensor("in.x").to(report.setting().type));
  const auto row = [&](const char* name, size_t i) {
    const auto t = g.tensor(name).to_doubles();
    return std::array{t.at(2 * i), t.at(2 * i + 1)};
  };
  const auto count = [&](const char* name) { return size_t(g.tensor(name).size(0)); };
  for (size_t i = 0; i < count("in.int_t"); ++i) {
    const auto [tx, ty] = row("in.int_t", i);
    compare(g, report, cat("out.int", i), metrics::shift_whole(x, tx, ty), true);
  }
  for (size_t i = 0; i < count("in.frac_t"); ++i) {
    const auto [tx, ty] = row("in.frac_t", i);
    compare(g, report, cat("out.frac", i),
            metrics::shift_lanczos(x, tx, ty, config.at("frac_a").at(i)), true);
  }
  const auto angles = g.tensor("in.angles").to_doubles();
  for (size_t i = 0; i < angles.size(); ++i) {
    const double angle = angles[i];
    const metrics::BandlimitSettings turned{.a = 3, .amax = 6, .up = 4};
    const metrics::BandlimitSettings standing{.a = 3, .amax = 6, .up = 1};
    report.compare(cat("out.rotmat", i), tensor_of(metrics::rotation(angle)),
                   g.tensor(cat("out.rotmat", i)), precise);
    report.compare(cat("out.rotfilter", i),
                   tensor_of(metrics::bandlimit_filter(metrics::rotation(angle), turned)),
                   g.tensor(cat("out.rotfilter", i)), precise);
    report.compare(cat("out.pseudofilter", i),
                   tensor_of(metrics::bandlimit_filter(metrics::rotation(-angle), standing)),
                   g.tensor(cat("out.pseudofilter", i)), precise);
    compare(g, report, cat("out.rot", i), metrics::rotate(x, angle), false);
    compare(g, report, cat("out.pseudo", i), metrics::filter_like_rotated(x, angle), false);
  }
  for (size_t i = 0; i < config.at("affine").size(); ++i) {
    const json& c = config.at("affine").at(i);
    const auto settings = settings_of(c.value("kw", json::object()));
    const Matrix m = matrix_of(g.tensor(cat("in.affine", i, ".mat")));
    report.compare(cat("out.affine", i, ".filter"),
                   tensor_of(metrics::bandlimit_filter(m, settings)),
                   g.tensor(cat("out.affine", i, ".filter")), precise);
    compare(g, report, cat("out.affine", i), metrics::resample(x, m, settings), false);
  }
  auto sinc = g.tensor("in.sinc_x").to_doubles(), lanczos = sinc;
  for (double& v : sinc) v = metrics::sinc(v);
  for (double& v : lanczos) v = metrics::lanczos(v, 3);
  report.compare("out.sinc", sinc, g.tensor("out.sinc").to_doubles(), precise);
  report.compare("out.lanczos3", lanczos, g.tensor("out.lanczos3").to_doubles(), precise);
}

// Waves that the transform moves, and a weak pattern that stays: a generator that is almost
// equivariant.
Tensor analytic_pictures(const Golden& g, const json& c, const Tensor& latents, const Matrix& m,
                         DType type) {
  const auto read = [&](const char* name) {
    return g.tensor(cat("param.metric.", name)).to_doubles();
  };
  const auto amplitude = read("A"), freq = read("freq"), phase = read("phase");
  const auto leak_freq = read("leak_freq");
  const double leak = read("leak").at(0);
  const auto z = latents.to_doubles();
  const int64_t count = latents.size(0), waves = latents.size(1);
  const int64_t size = c.at("resolution"), channels = c.at("channels");
  constexpr double turn = 2 * std::numbers::pi;
  std::vector<double> out;
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t i = 0; i < size * size; ++i) {
      const double x = (double(i % size) + 0.5) / double(size) - 0.5;
      const double y = (double(i / size) + 0.5) / double(size) - 0.5;
      const double mx = m[0] * x + m[1] * y + m[2], my = m[3] * x + m[4] * y + m[5];
      for (size_t ch = 0; ch < size_t(channels); ++ch) {
        double sum = leak * std::sin(turn * (leak_freq[2 * ch] * x + leak_freq[2 * ch + 1] * y));
        for (size_t k = 0; k < size_t(waves); ++k) {
          const double zk = z[size_t(n * waves) + k];
          sum += amplitude[ch * size_t(waves) + k] * (1 + 0.3 * zk) *
                 std::sin(turn * (freq[2 * k] * mx + freq[2 * k + 1] * my) + phase[k] + zk);
        }
        out.push_back(sum);
      }
    }
  }
  return Tensor::from(out, {count, size, size, channels}).to(type);
}

void run_metric(const Golden& g, Report& report) {
  constexpr const char* names[] = {"int", "frac", "rot"};
  const json c = g.data("config").at("metric");
  metrics::EquivarianceSettings settings;
  settings.translate_max = c.at("translate_max");
  settings.rotate_max = c.at("rotate_max");
  std::vector<double> rows;
  const int64_t columns = metrics::kEquivarianceColumns;
  for (int b = 0; g.has(cat("in.metric.b", b, ".z")); ++b) {
    const std::string in = cat("in.metric.b", b, "."), out = cat("out.metric.b", b, ".");
    const auto whole = g.tensor(in + "rand_int").to_doubles();
    const auto fractional = g.tensor(in + "rand_frac").to_doubles();
    const metrics::EquivarianceDraw draw{{whole.at(0), whole.at(1)},
                                         {fractional.at(0), fractional.at(1)},
                                         g.tensor(in + "rand_angle").item()};
    const auto generate = [&](const Matrix& m) {
      return analytic_pictures(g, c, g.tensor(in + "z"), m, report.setting().type);
    };
    const Matrix still = metrics::translation(0, 0);
    const Tensor original = generate(still);
    report.compare(out + "M_orig", tensor_of(still), g.tensor(out + "M_orig"), 1e-9);
    report.compare(out + "orig", nets::to_channels_first(original), g.tensor(out + "orig"),
                   tolerance(report));
    for (int k = 0; k < metrics::kEquivariances; ++k) {
      const auto kind = Equivariance(k);
      const auto by = metrics::movement(kind, draw, settings, c.at("resolution"));
      const Tensor moved = generate(by.transform());
      report.compare(cat(out, "M_img_", names[k]), tensor_of(by.transform()),
                     g.tensor(cat(out, "M_img_", names[k])), 1e-9);
      report.compare(cat(out, "img_", names[k]), nets::to_channels_first(moved),
                     g.tensor(cat(out, "img_", names[k])), tolerance(report));
      const metrics::Moved expected =
          kind == Equivariance::rotation ? metrics::rotate(original, by.angle)
          : kind == Equivariance::whole  ? metrics::shift_whole(original, by.x, by.y)
                                         : metrics::shift_lanczos(original, by.x, by.y);
      compare(g, report, cat(out, "ref_", names[k]), expected, kind != Equivariance::rotation);
      if (kind == Equivariance::rotation) {
        compare(g, report, out + "pseudo_rot", metrics::filter_like_rotated(moved, by.angle),
                false);
      }
    }
    // The way that programs go.
    const auto sums = metrics::equivariance_sums(generate, draw, settings).to_doubles();
    std::vector<double> batch(size_t(columns), 0.0);
    for (size_t i = 0; i < sums.size(); ++i) batch[i % size_t(columns)] += sums[i];
    report.compare(out + "sums", batch, g.tensor(out + "sums").to_doubles(), tolerance(report));
    rows.insert(rows.end(), sums.begin(), sums.end());
  }
  const int64_t samples = int64_t(rows.size()) / columns;
  report.check("out.metric: samples", samples == c.at("num_samples"), cat(samples, " samples"));
  std::vector<double> total(size_t(columns), 0.0), decibels;
  for (size_t i = 0; i < rows.size(); ++i) total[i % size_t(columns)] += rows[i];
  report.compare("out.metric.sums", total, g.tensor("out.metric.sums").to_doubles(),
                 tolerance(report));
  const Tensor table = Tensor::from(rows, {samples, columns});
  for (int k = 0; k < metrics::kEquivariances; ++k) {
    decibels.push_back(metrics::equivariance_decibels(Equivariance(k), table, c.at("batch")).value);
  }
  report.compare("out.metric.dB_int_frac_rot", decibels,
                 g.tensor("out.metric.dB_int_frac_rot").to_doubles(), tolerance(report));
}

}  // namespace

void run_metric_equivariance(const Golden& g, Report& report) {
  run_helpers(g, report);
  run_metric(g, report);
}

}  // namespace sgan::parity
