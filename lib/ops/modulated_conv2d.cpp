#include "lib/ops/modulated_conv2d.hpp"

#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::ops {
namespace {

// Sum of the squared taps, [Co, Ci]. A weight that nobody differentiates keeps it.
Var squared_taps(const Var& weight) {
  const auto compute = [&] {
    return reshape(sum(square(weight), {1, 2}), {weight.size(0), weight.size(3)});
  };
  if ((ag::recording() && weight.needs_grad()) || weight.device().is_meta()) return compute();
  auto& storage = weight.value().storage();
  if (storage.bytes() != weight.value().bytes()) return compute();  // a part of something larger
  return Var(*storage.derived<rt::Tensor>(
      "squared taps", [&] { return std::make_shared<rt::Tensor>(compute().value()); }));
}

Var per_sample_map(const Var& scale, int64_t channels) {
  return reshape(scale, {-1, 1, 1, channels});
}

}  // namespace

Modulation modulate_v2(const Var& weight, const Var& styles, bool demodulate) {
  check(styles.rank() == 2 && styles.size(1) == weight.size(3), "styles of shape ", styles.shape(),
        " for a weight of ", weight.shape());
  if (!demodulate) return {styles, {}};
  const Var energy = matmul(square(styles), squared_taps(weight), false, true);
  return {styles, rsqrt(affine(energy, 1, 1e-8))};
}

Modulation modulate_v3(const Var& weight, const Var& styles, bool demodulate,
                       const Var& input_gain) {
  check(styles.rank() == 2 && styles.size(1) == weight.size(3), "styles of shape ", styles.shape(),
        " for a weight of ", weight.shape());
  Modulation m{styles, {}};
  if (demodulate) {
    const Var taps = squared_taps(weight);
    const double count = double(weight.size(1) * weight.size(2));
    // Inverse rms of the weight per output channel, [Co, 1], and of the styles, [1, 1].
    const Var weight_norm = rsqrt(scale(mean(taps, {1}), 1 / count));
    m.in = multiply(styles, rsqrt(mean(square(styles), {0, 1})));
    const Var energy = matmul(square(m.in), multiply(taps, square(weight_norm)), false, true);
    m.out = multiply(rsqrt(affine(energy, 1, 1e-8)), reshape(weight_norm, {1, weight.size(0)}));
  }
  if (input_gain.defined()) m.in = multiply(m.in, input_gain);
  return m;
}

Var modulated_conv2d(const Var& x, const Var& weight, const Modulation& modulation,
                     const Filter& filter, const ResampleOptions& resample,
                     const Epilogue& epilogue) {
  Var y = multiply(x, per_sample_map(modulation.in, x.size(3)));
  y = conv2d_resample(y, weight, filter, resample);
  if (modulation.out.defined()) y = multiply(y, per_sample_map(modulation.out, y.size(3)));
  if (epilogue.noise.defined()) {
    y = add(y, epilogue.noise_strength.defined() ? multiply(epilogue.noise, epilogue.noise_strength)
                                                 : epilogue.noise);
  }
  return bias_act(y, epilogue.bias, epilogue.act);
}

}  // namespace sgan::ops
