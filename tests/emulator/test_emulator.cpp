// The emulator must catch what a GPU would not forgive: each fault here is one that a kernel could
// have, and the same kernel without it passes.
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <vector>

#include "tests/emulator/emulator.hpp"

namespace em = sgan::emulator;

namespace {

enum class Flaw {
  none,
  no_barrier,
  no_second_barrier,
  index_beyond,
  index_below,
  unwritten,
  barrier_in_branch,
  early_exit,
  shuffle_in_branch,
  too_little_memory,
};

// Reverses each run of 64 numbers twice through shared memory, then adds the block's sum by
// shuffles.
struct Reverse {
  static constexpr int threads = 64;
  Flaw flaw;
  std::vector<float>* x;
  int64_t blocks() const { return int64_t(x->size()) / threads; }
  int64_t shared_bytes() const { return flaw == Flaw::too_little_memory ? 255 : (64 + 2) * 4; }

  template <class Block>
  void operator()(Block& b) const {
    const int t = b.thread();
    float* own = x->data() + b.index() * threads;
    auto s = b.template shared<float>(0, 64);
    auto warp_sums = b.template shared<float>(64 * 4, 2);
    if (flaw == Flaw::early_exit && t == 5) return;
    if (flaw != Flaw::unwritten || t != 7) s[t] = own[t];
    if (flaw == Flaw::index_beyond && t == 63) s[64] = 1;
    if (flaw == Flaw::index_below && t == 0) s[-1] = 1;
    if (flaw == Flaw::barrier_in_branch && t < 32) {
      b.sync();
    } else if (flaw != Flaw::no_barrier) {
      b.sync();
    }
    const float v = s[63 - t];
    if (flaw != Flaw::no_second_barrier) b.sync();
    s[t] = v + 1;
    float sum = v;
    if (flaw != Flaw::shuffle_in_branch || t != 40) {
      for (int d = 16; d > 0; d /= 2) sum += b.shuffle_down(sum, d);
    }
    if (t % 32 == 0) warp_sums[t / 32] = sum;
    b.sync();
    const float total = warp_sums[0] + warp_sums[1];
    own[t] = s[t] + total;
  }
};

struct Throws {
  static constexpr int threads = 32;
  int64_t blocks() const { return 3; }
  int64_t shared_bytes() const { return 0; }
  void operator()(em::Block& b) const {
    b.sync();
    if (b.thread() == 9) throw std::out_of_range("nine");
    b.sync();
  }
};

std::string fault_of(Flaw flaw, uint64_t seed = 1) {
  std::vector<float> x(256);
  std::iota(x.begin(), x.end(), 0.f);
  try {
    em::run(Reverse{flaw, &x}, seed);
  } catch (const em::Fault& f) {
    return f.what();
  }
  return "";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_right_kernel_computes_what_it_should_in_any_order) {
  for (uint64_t seed : {1, 2, 3}) {
    std::vector<float> x(256);
    std::iota(x.begin(), x.end(), 0.f);
    em::run(Reverse{Flaw::none, &x}, seed);
    for (int i = 0; i < 256; ++i) {
      const int block = i / 64;
      const float sum = 64 * (64 * block) + 64 * 63 / 2;
      BOOST_REQUIRE_EQUAL(x[size_t(i)], float(64 * block + 63 - i % 64 + 1) + sum);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_barrier_is_found_in_every_order) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    BOOST_TEST(contains(fault_of(Flaw::no_barrier, seed), "shared byte"));
    BOOST_TEST(contains(fault_of(Flaw::no_second_barrier, seed), "without a barrier between"));
  }
}

BOOST_AUTO_TEST_CASE(an_index_outside_of_a_shared_array_is_found) {
  BOOST_TEST(contains(fault_of(Flaw::index_beyond), "uses index 64 of a shared array of 64"));
  BOOST_TEST(contains(fault_of(Flaw::index_below), "uses index -1 of a shared array of 64"));
  BOOST_TEST(contains(fault_of(Flaw::too_little_memory), "does not fit into 255"));
}

BOOST_AUTO_TEST_CASE(a_read_of_unwritten_shared_memory_is_found) {
  BOOST_TEST(contains(fault_of(Flaw::unwritten), "that nobody wrote"));
}

BOOST_AUTO_TEST_CASE(divergent_barriers_and_shuffles_are_found) {
  BOOST_TEST(contains(fault_of(Flaw::barrier_in_branch), "divergent barrier"));
  BOOST_TEST(contains(fault_of(Flaw::early_exit), "divergent"));
  BOOST_TEST(contains(fault_of(Flaw::shuffle_in_branch), "divergent shuffle"));
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_kernel_comes_out) {
  BOOST_CHECK_THROW(em::run(Throws{}), std::out_of_range);
}
