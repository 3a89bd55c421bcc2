// Arithmetic of the distances between distributions, without the networks: seconds for sets of
// random features.
//
//   bench_distances [features [samples]]     2048 50000
//
// FID of two sets is two covariances and one root; GFLOP/s counts the definition's arithmetic.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "lib/metrics/frechet.hpp"
#include "lib/metrics/inception_score.hpp"
#include "lib/metrics/kernel_distance.hpp"
#include "lib/metrics/manifold.hpp"
#include "lib/metrics/separability.hpp"
#include "lib/rt/philox.hpp"
#include "tests/bench/machine.hpp"

using namespace sgan;
using namespace sgan::metrics;

namespace {

rt::Tensor normal(int64_t n, int64_t d, uint64_t seed) {
  rt::Tensor rows({n, d}, rt::DType::f32);
  rt::fill_normal(rows, seed, 0);
  // Features of a network differ in scale by orders of magnitude.
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < d; ++c)
      rows.data<float>()[i * d + c] *= 1 / (0.01f + float(c) / float(d));
  return rows;
}

void say(const char* what, double seconds, double flops = 0) {
  if (flops > 0)
    std::printf("%-52s %8.2f s %8.0f GFLOP/s\n", what, seconds, flops / seconds / 1e9);
  else
    std::printf("%-52s %8.2f s\n", what, seconds);
  std::fflush(stdout);
}

template <class Body>
double once(const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return bench::seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t d = argc > 1 ? std::atoll(argv[1]) : 2048,
                n = argc > 2 ? std::atoll(argv[2]) : 50000;
  const double dd = double(d), nn = double(n);
  std::printf("%ld features, %d threads, multiply-add limit %.0f GFLOP/s in float32\n", long(d),
              kernels::num_threads(), bench::fma_peak() / 1e9);
  const auto a = normal(n, d, 1), b = normal(n, d, 2);
  const auto some = a.rows(0, std::min<int64_t>(n, 10000));
  Moments x(d), y(d);
  say("covariance of 10000 samples", once([&] { Moments m(some); }), 1e4 * dd * dd);
  say("covariance of all samples", once([&] { x.add(a); }), nn * dd * dd);
  y.add(b);
  double value = 0;
  say("trace of the root, both covariances given",
      bench::fastest(3, [&] { value = frechet_distance(x, y); }));
  say("  a set of 1000 samples against all",
      once([&] { frechet_distance(Moments(a.rows(0, 1000)), y); }));
  std::printf("  FID %.6f\n", value);
  double mean = 0;
  say("KID, 100 subsets of 1000", once([&] {
        for (double v : kernel_distances(a, b, draw_subsets(n, n, 0))) mean += v / 100;
      }),
      100 * 4 * 1e6 * dd);
  say("precision and recall of 10000 against 10000, k = 3",
      once([&] { precision_recall(some, b.rows(0, some.size(0)), 3); }), 4 * 2e8 * dd);
  const auto probabilities = class_probabilities(normal(n, 1008, 3));
  say("inception score, 1008 classes, 10 splits", once([&] { inception_score(probabilities); }));
  const auto latents = normal(n, 512, 4);
  say("separating plane, half of the samples, 512 dimensions", once([&] {
        separate(latents, keep_confident(class_probabilities(normal(n, 1, 5)), n / 2));
      }));
}
