#include "lib/metrics/drawn_pictures.hpp"

#include "kernels/parallel.hpp"
#include "lib/io/finite.hpp"
#include "lib/io/pixels.hpp"

namespace sgan::metrics {

rt::Tensor whole_numbers(const rt::Tensor& pictures, rt::Device device, int64_t first) {
  if (pictures.dtype() == rt::DType::f32) {  // rounded to bytes, NaN would be black
    const int64_t bad = io::first_not_finite(pictures.to(rt::cpu));
    check(bad < 0, "picture ", first + bad, " holds NaN or infinity");
  }
  const rt::Tensor bytes =
      (pictures.dtype() == rt::DType::u8 ? pictures : io::to_u8(pictures)).to(rt::cpu);
  rt::Tensor numbers(bytes.shape(), rt::DType::f32);
  const uint8_t* from = bytes.data<uint8_t>();
  float* to = numbers.data<float>();
  kernels::parallel_ranges(bytes.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = float(from[i]);
  });
  return numbers.to(device);
}

Drawn draw(const nets::Generator& net, const Samples& samples, double psi, rt::Device device,
           int64_t first, int64_t count) {
  const ag::NoGrad off;
  Drawn drawn;
  drawn.z = samples.z(first, count);
  rt::Tensor labels = samples.labels(first, count);
  if (labels.defined()) labels = labels.to(device);
  const ag::Var ws =
      net.map(ag::Var(drawn.z.to(device)), labels.defined() ? ag::Var(labels) : ag::Var(), psi, -1);
  nets::SynthesisOptions options;
  options.noise = nets::NoiseMode::random;
  options.noise_seed = samples.seed;
  options.first_index = first;
  drawn.pictures = whole_numbers(net.synthesize(ws, options).value(), device, first);
  const rt::Tensor all = ws.value();
  const int64_t rows = all.size(1), width = all.size(2);
  drawn.w = rt::Tensor({count, width}, all.dtype(), device);
  for (int64_t i = 0; i < count; ++i)
    drawn.w.rows(i, i + 1).copy_from(
        all.reshape({count * rows, width}).rows(i * rows, i * rows + 1));
  return drawn;
}

}  // namespace sgan::metrics
