// metric_avg_spectra: power spectra of pictures, their heat maps and slices.
#include "lib/metrics/spectra.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using rt::Tensor;

// Every step-th value in both axes.
Tensor thinned(const Tensor& map, int64_t step) {
  const int64_t side = map.size(0), kept = (side - 1) / step + 1;
  std::vector<double> values;
  for (int64_t i = 0; i < kept * kept; ++i) {
    values.push_back(map.data<double>()[i / kept * step * side + i % kept * step]);
  }
  return Tensor::from(values, {kept, kept});
}

}  // namespace

void run_metric_avg_spectra(const Golden& g, Report& report) {
  const double tolerance = report.setting().is_double() ? 1e-9 : 1e-4;
  const int size = g.data("size");
  metrics::SpectraSettings settings;
  settings.mean = g.data("mean");
  settings.deviation = g.data("std");
  settings.beta = g.data("beta");
  settings.interp = g.data("interp");
  report.compare("out.window", metrics::kaiser_window(size, settings.beta),
                 g.tensor("out.window").to_doubles(), 1e-9);

  // In two parts, as a program does.
  const Tensor images = g.tensor("in.images").permute({0, 2, 3, 1});
  const int64_t count = images.size(0), cut = (count + 1) / 2;
  metrics::PixelStatistics statistics;
  metrics::SpectraAverage average(size, settings);
  for (const Tensor& part : {images.rows(0, cut), images.rows(cut, count)}) {
    statistics.add(part);
    // The float setting is fed with floats, which is what a network gives.
    average.add(report.setting().is_double() ? part : part.to(rt::DType::f32));
  }
  report.compare("out.stats_mean_std",
                 std::vector<double>{statistics.mean(), statistics.deviation()},
                 g.tensor("out.stats_mean_std").to_doubles(), 1e-9);
  const Tensor spectrum = average.spectrum();
  report.compare("out.spectrum", spectrum, g.tensor("out.spectrum"), tolerance);

  for (const auto& [smooth, want] : g.below("out.heatmap_db_smooth")) {
    const Tensor map = metrics::spectrum_heat_map(spectrum, size, std::stod(smooth));
    const int64_t step = want.size(0) > 1 ? (map.size(0) - 1) / (want.size(0) - 1) : 1;
    report.compare("out.heatmap_db_smooth" + smooth, thinned(map, std::max<int64_t>(step, 1)), want,
                   tolerance);
    const metrics::Slice straight = metrics::slice_0(map, size);
    const metrics::Slice diagonal = metrics::slice_45(map, size);
    report.compare("out.slice0_db_smooth" + smooth, straight.decibels,
                   g.tensor("out.slice0_db_smooth" + smooth).to_doubles(), tolerance);
    report.compare("out.slice45_db_smooth" + smooth, diagonal.decibels,
                   g.tensor("out.slice45_db_smooth" + smooth).to_doubles(), tolerance);
    report.compare("out.freqs0", straight.frequency, g.tensor("out.freqs0").to_doubles(), 1e-9);
    report.compare("out.freqs45", diagonal.frequency, g.tensor("out.freqs45").to_doubles(), 1e-9);
  }
}

}  // namespace sgan::parity
