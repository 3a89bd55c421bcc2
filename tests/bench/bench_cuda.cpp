// What the GPU does with the kernels and the networks: medians of several runs, tiled kernels
// beside plain ones, recorded passes beside queued ones. Without a GPU it says so and stops.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "kernels/launch.hpp"
#include "lib/engine/precision.hpp"
#include "lib/nets/discriminator.hpp"
#include "lib/nets/replay.hpp"
#include "lib/ops/epilogue.hpp"
#include "lib/ops/filtered_lrelu.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/cuda.hpp"
#include "lib/rt/philox.hpp"

using namespace sgan;
using ops::Var;
using rt::DType;
using rt::Tensor;

namespace {

constexpr rt::Device gpu{rt::DeviceKind::cuda, 0};

// Milliseconds of one run; each measurement queues enough of them to outweigh the host.
double median_ms(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  const auto measure = [&](int times) {
    rt::synchronize(gpu);
    const auto start = Clock::now();
    for (int i = 0; i < times; ++i) run();
    rt::synchronize(gpu);
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count() / times;
  };
  measure(2);
  const int times = std::clamp(int(20 / std::max(measure(1), 1e-3)), 1, 200);
  std::vector<double> t;
  for (int i = 0; i < 9; ++i) t.push_back(measure(times));
  std::nth_element(t.begin(), t.begin() + 4, t.end());
  return t[4];
}

Var normals(rt::Shape shape, DType type) {
  const Tensor t(shape, DType::f32, gpu);
  rt::fill_normal(t, 1, 0, 0);
  return Var(t.to(type));
}

// The same ones whenever they are asked for, so that making them is not timed.
const Var& fixed_normals(const rt::Shape& shape, DType type) {
  static std::map<std::pair<std::string, DType>, Var> made;
  Var& v = made[{shape.str(), type}];
  if (!v.defined()) v = normals(shape, type);
  return v;
}

struct Row {
  const char* name;
  std::function<Var(DType)> make_input;
  std::function<Var(const Var&, DType)> run;
  double gflop = 0;  // beyond moving bytes
};

void operators() {
  const ops::Filter blur = ops::setup_filter({1, 3, 3, 1});
  const ops::Filter up2 = ops::design_lowpass(12, 0.8, 0.4, 4, false);
  const ops::Filter up4 = ops::design_lowpass(24, 0.8, 0.4, 8, false);
  const ops::Filter down = ops::design_lowpass(12, 0.8, 0.4, 4, false);
  const ops::Filter radial = ops::design_lowpass(12, 0.8, 0.4, 4, true);
  const auto picture = [](int64_t side, int64_t channels) {
    return [=](DType type) { return normals({4, side, side, channels}, type); };
  };
  const auto filtered = [&](int up, const ops::Filter& fu, const ops::Filter& fd) {
    return [=](const Var& x, DType type) {
      return ops::filtered_lrelu(
          x, fixed_normals({x.size(3)}, type), fu, fd,
          {.up = up, .down = 2, .padding = ops::Padding::all(10), .clamp = 256});
    };
  };
  const auto conv = [](int64_t c, int64_t k) {
    return [=](const Var& x, DType type) {
      return ops::conv2d(x, fixed_normals({c, k, k, c}, type), ops::ConvOptions::same(1, k / 2));
    };
  };
  const std::vector<Row> rows{
      {"upfirdn2d 4x4, up 2, 256 channels", picture(64, 256),
       [&](const Var& x, DType) {
         return ops::upfirdn2d(x, blur, {.up_x = 2, .up_y = 2, .padding = {2, 1, 2, 1}, .gain = 4});
       }},
      {"upfirdn2d 4x4, 256 channels", picture(128, 256),
       [&](const Var& x, DType) {
         return ops::upfirdn2d(x, blur, {.padding = {2, 1, 2, 1}});
       }},
      {"upfirdn2d 12, down 2, 128 channels", picture(256, 128),
       [&](const Var& x, DType) {
         return ops::upfirdn2d(x, down,
                               {.down_x = 2, .down_y = 2, .padding = ops::Padding::all(5)});
       }},
      {"filtered_lrelu up 2", picture(148, 256), filtered(2, up2, down)},
      {"filtered_lrelu up 4", picture(84, 256), filtered(4, up4, down)},
      {"filtered_lrelu up 2, radial", picture(148, 256), filtered(2, up2, radial)},
      {"filtered_lrelu up 4, radial", picture(84, 256), filtered(4, up4, radial)},
      {"modulation epilogue", picture(256, 128),
       [](const Var& x, DType type) {
         return ops::modulation_epilogue(
             x, fixed_normals({4, 128}, type), fixed_normals({1, 256, 256, 1}, type), {},
             fixed_normals({128}, type), ops::ActOptions::of(ops::Act::lrelu));
       }},
      {"sum over pictures", picture(256, 128),
       [](const Var& x, DType) {
         return ops::sum(x, {0, 1, 2});
       }},
      {"sum of all", picture(256, 128), [](const Var& x, DType) { return ops::sum_all(x); }},
      {"channels last to first", picture(256, 128),
       [](const Var& x, DType) {
         return ops::permute(x, {0, 3, 1, 2});
       }},
      {"conv2d 3x3, 64 px, 512 channels", picture(64, 512), conv(512, 3),
       2e-9 * 4 * 64 * 64 * 512 * 512 * 9},
      {"conv2d 3x3, 256 px, 128 channels", picture(256, 128), conv(128, 3),
       2e-9 * 4 * 256 * 256 * 128 * 128 * 9},
  };
  std::printf("%-36s %-9s %9s %9s %7s %9s %9s\n", "operator, batch 4", "type", "ms", "plain ms",
              "ratio", "GB/s", "TFLOP/s");
  for (const Row& row : rows) {
    for (DType type : {DType::f32, DType::f16, DType::bf16}) {
      const Var x = row.make_input(type);
      const Var y = row.run(x, type);
      const double ms = median_ms([&] { row.run(x, type); });
      double plain = 0;
      if (row.gflop == 0) {
        kernels::tiled_kernels = false;
        plain = median_ms([&] { row.run(x, type); });
        kernels::tiled_kernels = true;
      }
      const double bytes = double(x.value().bytes() + y.value().bytes());
      std::printf("%-36s %-9s %9.3f %9.3f %7.2f %9.0f %9.1f\n", row.name,
                  std::string(rt::name_of(type)).c_str(), ms, plain, plain / ms, bytes / ms * 1e-6,
                  row.gflop / ms);
    }
  }
}

// ||a - b|| / ||b||
double relative_distance(const Tensor& a, const Tensor& b) {
  const auto x = a.to_doubles(), y = b.to_doubles();
  double difference = 0, size = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    difference += (x[i] - y[i]) * (x[i] - y[i]);
    size += y[i] * y[i];
  }
  return std::sqrt(difference / size);
}

struct Network {
  const char* name;
  nets::Family family;
  nlohmann::json args;
};

void networks() {
  const nlohmann::json common{{"z_dim", 512}, {"c_dim", 0}, {"w_dim", 512}, {"img_channels", 3}};
  const auto args = [&](int resolution, const nlohmann::json& more) {
    nlohmann::json a = common;
    a["img_resolution"] = resolution;
    a.update(more);
    return a;
  };
  const nlohmann::json radial{{"channel_base", 65536},
                              {"channel_max", 1024},
                              {"conv_kernel", 1},
                              {"use_radial_filters", true}};
  const std::vector<Network> table{
      {"StyleGAN2 256", nets::Family::stylegan2, args(256, {{"channel_base", 16384}})},
      {"StyleGAN2 1024", nets::Family::stylegan2, args(1024, {{"channel_base", 32768}})},
      {"StyleGAN3-T 256", nets::Family::stylegan3, args(256, {{"channel_base", 32768}})},
      {"StyleGAN3-R 256", nets::Family::stylegan3, args(256, radial)},
      {"StyleGAN3-T 1024", nets::Family::stylegan3, args(1024, {{"channel_base", 32768}})},
      {"StyleGAN3-R 1024", nets::Family::stylegan3, args(1024, radial)},
  };
  // Products of float32 layers are TensorFloat-32 ones beside 16-bit layers: float32 alone is there
  // without and with it.
  struct Numbers {
    const char* name;
    bool tf32;
    DType type;
  };
  const Numbers kinds[] = {{"f32", false, DType::f32},
                           {"tf32", true, DType::f32},
                           {"f16", true, DType::f16},
                           {"bf16", true, DType::bf16}};
  std::printf("\n%-20s %-6s %6s %12s %12s %12s %10s %10s\n", "network", "type", "batch",
              "queued ms", "replayed ms", "pictures/s", "peak MiB", "error");
  for (const Network& n : table) {
    const auto g =
        nets::make_generator(n.family, n.args, nets::random_weights(n.family, n.args, 1), gpu);
    for (int64_t batch : {1, 8}) {
      const Tensor ws = normals({batch, g->info().num_ws, 512}, DType::f32).value();
      Tensor exact;
      for (const Numbers& k : kinds) {
        engine::set_precision({.tf32 = k.tf32});
        nets::SynthesisOptions options;
        options.precision.type = k.type;
        rt::reset_peak(gpu);
        const Tensor pictures = g->synthesize(ws, options).value();
        if (!exact.defined()) exact = pictures;
        const double queued = median_ms([&] { g->synthesize(ws, options); });
        const size_t peak = rt::memory_stats(gpu).peak >> 20;
        nets::Replay replay(*g);
        const double replayed = median_ms([&] { replay(ws, options); });
        std::printf("%-20s %-6s %6d %12.2f %12.2f %12.1f %10zu %10.1e\n", n.name, k.name,
                    int(batch), queued, replayed, 1e3 * double(batch) / replayed, peak,
                    relative_distance(pictures, exact));
        if (!replay.stats().refusal.empty()) {
          std::printf("  not recorded: %s\n", replay.stats().refusal.c_str());
        }
      }
    }
  }
}

// A discriminator's step: scores and the gradients of all its weights.
void discriminators() {
  std::printf("\n%-20s %-6s %6s %12s %12s\n", "discriminator", "type", "batch", "step ms",
              "peak MiB");
  for (const int resolution : {256, 1024}) {
    const nlohmann::json args{{"c_dim", 0},
                              {"img_resolution", resolution},
                              {"img_channels", 3},
                              {"channel_base", resolution == 256 ? 16384 : 32768}};
    const auto d = nets::make_discriminator(
        nets::Family::stylegan2, args,
        nets::random_discriminator_weights(nets::Family::stylegan2, args, 1), gpu, DType::f32,
        true);
    ag::Vars weights;
    for (const auto& [name, v] : d->parameters()) weights.push_back(v);
    for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
      engine::set_precision({.tf32 = true});
      const int64_t batch = resolution == 256 ? 16 : 4;
      const Var pictures = normals({batch, resolution, resolution, 3}, DType::f32);
      nets::DiscriminatorOptions options;
      options.precision.type = type;
      rt::reset_peak(gpu);
      const double ms =
          median_ms([&] { ag::grad(ops::sum_all(d->score(pictures, {}, options)), weights); });
      std::printf("%-20s %-6s %6d %12.2f %12zu\n", cat("StyleGAN2 ", resolution).c_str(),
                  type == DType::f32   ? "tf32"
                  : type == DType::f16 ? "f16"
                                       : "bf16",
                  int(batch), ms, rt::memory_stats(gpu).peak >> 20);
    }
  }
}

}  // namespace

int main() {
  if (rt::cuda_device_count() == 0) {
    std::fprintf(stderr, "bench_cuda: %s\n", rt::cuda::why_unusable().c_str());
    return 2;
  }
  try {
    std::printf("%s\n\n", rt::describe(gpu).c_str());
    {
      const ag::NoGrad quiet;
      operators();
      networks();
    }
    discriminators();
  } catch (const Error& e) {
    std::fprintf(stderr, "bench_cuda: %s\n", e.what());
    return 1;
  }
}
