// Tests that need a GPU: where there is none they are skipped, and Boost.Test says so and counts
// them.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

#include "lib/rt/cuda.hpp"
#include "lib/rt/device.hpp"

namespace sgan {

inline boost::test_tools::assertion_result gpu_is_there(boost::unit_test::test_unit_id id) {
  boost::test_tools::assertion_result there(rt::cuda_device_count() > 0);
  there.message() << rt::cuda::why_unusable();
  if (!there) {
    const auto& test = boost::unit_test::framework::get<boost::unit_test::test_case>(id);
    std::fprintf(stderr, "skipped: %s: %s\n", std::string(test.full_name()).c_str(),
                 rt::cuda::why_unusable().c_str());
  }
  return there;
}

// For BOOST_AUTO_TEST_CASE(name, *sgan::needs_gpu()).
inline auto needs_gpu() { return boost::unit_test::precondition(gpu_is_there); }

inline constexpr rt::Device gpu{rt::DeviceKind::cuda, 0};

}  // namespace sgan
