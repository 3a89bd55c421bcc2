#include <boost/test/unit_test.hpp>
#include <random>
#include <utility>
#include <vector>

#include "lib/rt/arena.hpp"
#include "lib/rt/tensor.hpp"

using namespace sgan::rt;

BOOST_AUTO_TEST_CASE(arena_never_hands_out_a_byte_twice_and_coalesces) {
  Arena arena(1 << 20);
  std::mt19937 random(1);
  std::vector<std::pair<size_t, size_t>> live;  // offset, bytes
  for (int step = 0; step < 5000; ++step) {
    if (!live.empty() && random() % 2) {
      const size_t i = random() % live.size();
      arena.release(live[i].first, live[i].second);
      live.erase(live.begin() + long(i));
    } else {
      const size_t bytes = random() % 9000;
      const size_t offset = arena.allocate(bytes);
      if (offset == Arena::npos) continue;
      for (const auto& [o, b] : live) {
        BOOST_REQUIRE(offset + arena.rounded(bytes) <= o || o + arena.rounded(b) <= offset);
      }
      live.push_back({offset, bytes});
    }
  }
  for (const auto& [o, b] : live) arena.release(o, b);
  BOOST_TEST(arena.allocate(1 << 20) == 0u);  // all holes joined again
}

BOOST_AUTO_TEST_CASE(meta_tensors_count_bytes_without_memory) {
  const size_t before = memory_stats(meta).in_use;
  const Tensor t({1 << 20, 1 << 20}, DType::f32, meta);
  BOOST_TEST(memory_stats(meta).in_use - before == (size_t{1} << 42));
  BOOST_TEST(t.bytes_data() == nullptr);
}

BOOST_AUTO_TEST_CASE(too_large_a_tensor_says_how_many_bytes_it_wanted) {
  try {
    const Tensor t({int64_t{1} << 40}, DType::f32);
    BOOST_FAIL("allocated 4 TiB");
  } catch (const sgan::Error& e) {
    BOOST_TEST(std::string(e.what()).find("4398046511104 bytes wanted") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(permute_reshape_rows) {
  std::vector<float> v(24);
  for (int i = 0; i < 24; ++i) v[size_t(i)] = float(i);
  const Tensor t = Tensor::from(v, {2, 3, 4});
  const Tensor p = t.permute({2, 0, 1});
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 2; ++j)
      for (int k = 0; k < 3; ++k)
        BOOST_TEST(p.data<float>()[(i * 2 + j) * 3 + k] == float((j * 3 + k) * 4 + i));
  BOOST_TEST(t.rows(1, 2).reshape({-1}).data<float>()[0] == 12.f);
  BOOST_CHECK_THROW(t.reshape({5, -1}), sgan::Error);
}

BOOST_AUTO_TEST_CASE(half_and_bfloat16_round_to_nearest_even_over_all_bit_patterns) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float f = half_to_float(uint16_t(bits));
    if (f == f) BOOST_REQUIRE_EQUAL(float_to_half(f), bits);
    const float b = bfloat16_to_float(uint16_t(bits));
    if (b == b) BOOST_REQUIRE_EQUAL(float_to_bfloat16(b), bits);
  }
  BOOST_TEST(float_to_half(65519.f) == 0x7bff);
  BOOST_TEST(float_to_half(65520.f) == 0x7c00);
  BOOST_TEST(float_to_half(1.0f + 0x1p-11f) == 0x3c00);  // tie to even
  BOOST_TEST(float_to_half(1.0f + 0x1.8p-10f) == 0x3c02);
  BOOST_TEST(float_to_bfloat16(1.0f + 0x1p-8f) == 0x3f80);
}
