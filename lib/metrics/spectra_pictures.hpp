// Average power spectra as picture files.
#pragma once

#include <string>

#include "lib/metrics/spectra.hpp"

namespace sgan::metrics {

// Decibels that colors and axes reach from and to.
struct DecibelRange {
  double low = 0, high = 0;
};
// All that a heat map holds, in whole tens, but at most 120 dB.
DecibelRange range_of(const rt::Tensor& heat_map);

// A PNG, one pixel a value, darkest at the low end.
std::string heat_map_png(const rt::Tensor& heat_map, const DecibelRange& range);

// A PNG: decibels over the frequency in cycles per picture, blue at 0 and orange at 45 degrees.
// `note`: what is written above, of the characters that Canvas has.
std::string slices_png(const Slice& straight, const Slice& diagonal, const DecibelRange& range,
                       const std::string& note = "");

// Lines "angle,frequency,decibels" after a heading.
std::string slices_csv(const Slice& straight, const Slice& diagonal);

}  // namespace sgan::metrics
