// Tiled transposition and sums against their plain versions.
#include "kernels/cuda/sum.cuh"
#include "kernels/cuda/transpose.cuh"
#include "kernels/launch.hpp"
#include "tests/emulator/twin.hpp"

using namespace sgan::kernels;
namespace em = sgan::emulator;

namespace {

// y [b, c, r] of x [b, r, c], as the permute op asks for it.
template <class T>
StridedCopy<T> transposition(int64_t b, int64_t r, int64_t c, const T* x, T* y) {
  StridedCopy<T> copy{};
  copy.rank = 3;
  const int64_t size[] = {b, c, r}, stride[] = {r * c, 1, c};
  for (int a = 0; a < 3; ++a) {
    copy.size[a] = copy.limit[a] = size[a];
    copy.stride[a] = stride[a];
  }
  copy.x = x;
  copy.y = y;
  return copy;
}

template <class T>
void check_transposition(int64_t b, int64_t r, int64_t c) {
  const auto x = em::random<T>(b * r * c, 1);
  em::Guarded<T> plain(b * r * c), tiled(b * r * c);
  const auto copy = transposition(b, r, c, x.data(), plain.data());
  launch_cpu(b * r * c, copy);
  TransposeTiles<T> tiles;
  BOOST_REQUIRE(as_transposition(copy, tiles));
  tiles.y = tiled.data();
  em::run(tiles);
  em::require_close(tiled, plain, 0);
}

// x [a, b, c], some axes summed, as the sum op asks for it (neighbouring axes of one kind merged).
template <class T>
void check_sum(std::array<int64_t, 3> size, std::array<bool, 3> summed, int64_t parts, int lanes) {
  const auto x = em::random<T>(size[0] * size[1] * size[2], 2);
  const int64_t stride[] = {size[1] * size[2], size[2], 1};
  SumAxes<T> sum{};
  sum.terms = 1;
  int64_t outputs = 1;
  for (size_t a = 0; a < 3; ++a) {
    Axes& axes = summed[a] ? sum.reduced : sum.kept;
    (summed[a] ? sum.terms : outputs) *= size[a];
    axes.size[axes.rank] = size[a];
    axes.stride[axes.rank++] = stride[a];
  }
  sum.x = x.data();
  em::Guarded<T> plain(outputs), tiled(outputs);
  sum.y = plain.data();
  launch_cpu(outputs, sum);

  SumPlan plan = sum_plan(sum);
  BOOST_REQUIRE_EQUAL(plan.outputs, outputs);
  BOOST_REQUIRE_EQUAL(plan.lanes, lanes);
  BOOST_REQUIRE_EQUAL(plan.parts, parts);
  if (plan.parts == 0) return;
  if (plan.parts == 1) {
    em::run(sum_tiles(sum, plan, tiled.data()));
  } else {
    em::Guarded<double> scratch(plan.scratch());
    em::run(sum_tiles(sum, plan, scratch.data()));
    BOOST_REQUIRE(scratch.intact());
    em::run(sum_of_parts(plan, scratch.data(), tiled.data()));
  }
  em::require_close(tiled, plain, sizeof(T) == 2 ? 0 : 1e-6);
}

}  // namespace

BOOST_AUTO_TEST_CASE(transposition_in_tiles) {
  for (auto [b, r, c] : {std::array<int64_t, 3>{1, 8, 8}, {2, 33, 31}, {3, 64, 40}, {1, 9, 100}}) {
    check_transposition<float>(b, r, c);
    check_transposition<Half>(b, r, c);
    check_transposition<double>(b, r, c);
  }
}

BOOST_AUTO_TEST_CASE(only_transpositions_are_taken_for_one) {
  TransposeTiles<float> tiles;
  auto copy = transposition<float>(2, 16, 16, nullptr, nullptr);
  BOOST_TEST(as_transposition(copy, tiles));
  auto shifted = copy;
  shifted.shift[1] = 1;
  BOOST_TEST(!as_transposition(shifted, tiles));
  auto cropped = copy;  // reads every second batch
  cropped.stride[0] *= 2;
  BOOST_TEST(!as_transposition(cropped, tiles));
  auto flipped = copy;
  flipped.base = 15;
  flipped.stride[1] = -1;
  BOOST_TEST(!as_transposition(flipped, tiles));
  auto padded = copy;
  padded.limit[2] = 15;
  BOOST_TEST(!as_transposition(padded, tiles));
  auto plain = copy;  // no exchange at all
  plain.stride[1] = 16;
  plain.stride[2] = 1;
  BOOST_TEST(!as_transposition(plain, tiles));
  BOOST_TEST(!as_transposition(transposition<float>(2, 16, 3, nullptr, nullptr), tiles));
  // [n, h, w, c] -> [n, c, h, w]: h and w merge.
  StridedCopy<float> permute{};
  permute.rank = 4;
  const int64_t size[] = {2, 10, 5, 7}, stride[] = {350, 1, 70, 10};
  for (int a = 0; a < 4; ++a) {
    permute.size[a] = permute.limit[a] = size[a];
    permute.stride[a] = stride[a];
  }
  BOOST_TEST(as_transposition(permute, tiles));
  BOOST_TEST((tiles.batch == 2 && tiles.rows == 35 && tiles.columns == 10));
}

BOOST_AUTO_TEST_CASE(sums_in_blocks) {
  check_sum<float>({1, 1, 64}, {true, true, true}, 1, 1);      // a warp has too few terms
  check_sum<float>({5, 100, 129}, {true, true, true}, 15, 1);  // a scalar, several parts
  check_sum<float>({3, 7, 9000}, {false, false, true}, 2, 1);  // rows
  check_sum<float>({3, 70, 20}, {false, true, false}, 1, 32);  // the middle, channels stay
  check_sum<float>({3, 500, 40}, {true, true, false}, 11, 32);
  check_sum<double>({2, 300, 33}, {true, true, false}, 4, 32);
  check_sum<Half>({2, 300, 33}, {true, true, false}, 4, 32);
  check_sum<BFloat16>({4, 3, 70}, {true, false, true}, 1, 1);  // outer and inner
  check_sum<float>({4, 3, 5}, {true, false, true}, 0, 1);      // so few terms: plain
}
