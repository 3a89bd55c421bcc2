// Seconds for one picture of the networks that grow, random weights:
// bench_progressive [progan|stylegan1] [resolution] [batch] [runs]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/nets/families.hpp"
#include "lib/rt/philox.hpp"

namespace {

using namespace sgan;

// Normal weights, as at the start of training; biases and scales of zero would hide nothing from a
// clock, but denormal or exploding numbers would.
nets::TensorMap random_tensors(const nets::ShapeMap& shapes) {
  nets::TensorMap tensors;
  uint64_t stream = 0;
  for (const auto& [name, shape] : shapes) {
    rt::Tensor t(shape, rt::DType::f32);
    rt::fill_normal(t, 1, ++stream);
    if (name == "lod") t.data<float>()[0] = 0;
    tensors[name] = t;
  }
  return tensors;
}

double seconds(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "stylegan1";
  const int resolution = argc > 2 ? std::stoi(argv[2]) : 1024;
  const int batch = argc > 3 ? std::stoi(argv[3]) : 1, runs = argc > 4 ? std::stoi(argv[4]) : 7;
  const nlohmann::json args = {{"resolution", resolution}, {"num_channels", 3}};
  const bool progan = name == "progan";
  const auto tensors =
      random_tensors(progan ? nets::progan_shapes(args) : nets::stylegan1_shapes(args));
  nets::Weights weights(tensors, rt::cpu, rt::DType::f32);
  const auto net = progan ? nets::make_progan(args, weights) : nets::make_stylegan1(args, weights);
  rt::Tensor z({batch, net->info().z_dim}, rt::DType::f32);
  rt::fill_normal(z, 7, 0);
  const ag::Var w = net->map(ag::Var(z), {}, 1, -1);
  std::vector<double> times;
  for (int i = 0; i < runs + 1; ++i) {
    times.push_back(seconds([&] { net->synthesize(w, {}); }));
  }
  const double mapping = seconds([&] { net->map(ag::Var(z), {}, 1, -1); });
  const double first = times[0];
  std::sort(times.begin() + 1, times.end());
  std::printf(
      "%s %d batch %d: first %.3f s, then median %.3f s, least %.3f s; mapping %.4f s; peak "
      "%.0f MB\n",
      name.c_str(), resolution, batch, first, times[1 + size_t(runs) / 2], times[1], mapping,
      double(rt::memory_stats(rt::cpu).peak) / 1e6);
}
