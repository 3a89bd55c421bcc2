#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "lib/rt/error.hpp"
#include "lib/rt/numpy_random.hpp"

using nlohmann::json;
using sgan::rt::NumpyRandom;

namespace {

double from_hex(const json& text) {
  return std::strtod(text.get_ref<const std::string&>().c_str(), nullptr);
}

json golden() {
  std::ifstream file(SGAN_GOLDEN "/numpy_seeds.json");
  BOOST_REQUIRE(file.good());
  return json::parse(file);
}

// The number in "name(N)" or "x N".
size_t count_in(const std::string& call, size_t at) { return size_t(std::atoi(&call[at])); }

void check_call(NumpyRandom& random, const json& call) {
  const auto& name = call["call"].get_ref<const std::string&>();
  if (name.starts_with("randn(") || name.starts_with("random_sample(")) {
    const bool normal = name.starts_with("randn(");
    BOOST_REQUIRE_EQUAL(call["hex"].size(), count_in(name, name.find('(') + 1));
    for (const json& hex : call["hex"]) {
      BOOST_TEST((normal ? random.randn() : random.random_sample()) == from_hex(hex));
    }
  } else if (name.starts_with("raw 32-bit words")) {
    for (const json& word : call["values"]) BOOST_TEST(random.next_word() == word.get<uint32_t>());
  } else if (name.starts_with("shuffle(arange(")) {
    std::vector<int> values(count_in(name, 15));
    std::iota(values.begin(), values.end(), 0);
    random.shuffle(std::span<int>(values));
    BOOST_TEST(values == call["values"].get<std::vector<int>>());
  } else if (name.starts_with("randint(")) {
    const int64_t low = std::atoll(&name[8]), high = std::atoll(&name[name.find(',') + 1]);
    for (const json& value : call["values"]) {
      BOOST_TEST(random.randint(low, high) == value.get<int64_t>());
    }
  } else {
    BOOST_FAIL("unknown call " + name);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(draws_equal_numpy_bit_for_bit) {
  size_t draws = 0, sequences = 0;
  const json file = golden();
  for (const json& item : file["draws"]) {
    NumpyRandom random(item["seed"].get<uint32_t>());
    if (item.contains("sequence_from_one_generator")) {
      for (const json& call : item["sequence_from_one_generator"]) check_call(random, call);
      ++sequences;
      continue;
    }
    BOOST_REQUIRE_EQUAL(item["draw"].get<std::string>(), "randn(1,512)");
    std::vector<double> values(512);
    for (double& v : values) v = random.randn();
    for (size_t i = 0; i < 8; ++i) BOOST_TEST(values[i] == from_hex(item["first8_hex"][i]));
    for (size_t i = 0; i < 4; ++i) BOOST_TEST(values[508 + i] == from_hex(item["last4_hex"][i]));
    const long double sum = std::accumulate(values.begin(), values.end(), 0.0L);
    BOOST_TEST(std::abs(double(sum) - from_hex(item["sum_hex"])) < 1e-12);
    ++draws;
  }
  BOOST_TEST(draws == 8u);
  BOOST_TEST(sequences == 6u);
}

BOOST_AUTO_TEST_CASE(random_integers_of_extreme_ranges) {
  NumpyRandom random(1);
  BOOST_TEST(random.randint(5, 6) == 5);  // one value: no word is drawn
  BOOST_TEST(random.next_word() == NumpyRandom(1).next_word());
  const int64_t low = INT64_MIN, high = INT64_MAX;
  for (int i = 0; i < 100; ++i) BOOST_TEST(random.randint(low, high) < high);
  // numpy.random.RandomState(1).randint(0, 2**40, size=4)
  NumpyRandom wide(1);
  const std::vector<int64_t> expected = {163196666091, 605300724808, 1095766950793, 876169207429};
  for (const int64_t value : expected) BOOST_TEST(wide.randint(int64_t{1} << 40) == value);
  BOOST_CHECK_THROW(random.randint(3, 3), sgan::Error);
}
