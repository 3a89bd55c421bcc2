// The strength of augmentation follows the discriminator's signs.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/rt/error.hpp"
#include "lib/train/augment/controller.hpp"

using namespace sgan;
using namespace sgan::train;

BOOST_AUTO_TEST_CASE(p_moves_by_the_sign_of_the_overfitting) {
  AugmentController c(AugmentControl{});
  const double step = 64.0 * 4 / 500e3;
  const auto interval = [&](double signs, double count) {
    for (int batch = 0; batch < 4; ++batch) {
      c.add(signs / 4, count / 4);
      BOOST_TEST(c.step(64) == (batch == 3));
    }
  };
  interval(200, 256);  // r_t = 0.78
  BOOST_TEST(c.p() == step);
  BOOST_TEST(c.r() == 200.0 / 256);
  interval(256, 256);
  BOOST_TEST(c.p() == 2 * step);
  interval(100, 256);
  BOOST_TEST(std::abs(c.p() - step) < 1e-15);
  interval(-256, 256);
  interval(-256, 256);
  interval(-256, 256);
  BOOST_TEST(c.p() == 0);
  interval(0, 0);  // nothing was said
  BOOST_TEST(c.p() == 0);
  interval(60, 100);  // on target
  BOOST_TEST(c.p() == 0);
}

BOOST_AUTO_TEST_CASE(from_zero_to_one_in_the_stated_images) {
  AugmentController c(AugmentControl{.kimg = 10});
  for (int images = 0; images < 10000; images += 50) {
    c.add(50, 50);
    c.step(50);
  }
  BOOST_TEST(std::abs(c.p() - 1) < 1e-12);
}

BOOST_AUTO_TEST_CASE(fixed_p_stays) {
  AugmentController c(AugmentControl{.adaptive = false, .p = 0.3});
  for (int batch = 0; batch < 20; ++batch) {
    c.add(32, 32);
    BOOST_TEST(!c.step(32));
  }
  BOOST_TEST(c.p() == 0.3);
}

BOOST_AUTO_TEST_CASE(a_restored_controller_goes_on_as_if_nothing_happened) {
  AugmentController whole(AugmentControl{.p = 0.1}), second(AugmentControl{});
  for (int batch = 0; batch < 37; ++batch) {
    whole.add(std::floor(32 * std::sin(batch)), 32);
    whole.step(32);
  }
  second.restore(nlohmann::json::parse(whole.state().dump()));
  for (int batch = 0; batch < 50; ++batch) {
    for (auto* c : {&whole, &second}) {
      c->add(std::floor(32 * std::cos(batch)), 32);
      c->step(32);
    }
    BOOST_TEST(whole.p() == second.p());
    BOOST_TEST(whole.r() == second.r());
  }
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
  BOOST_CHECK_THROW(AugmentController(AugmentControl{.p = -1}), Error);
  BOOST_CHECK_THROW(AugmentController(AugmentControl{.p = std::nan("")}), Error);
  BOOST_CHECK_THROW(AugmentController(AugmentControl{.interval = 0}), Error);
  BOOST_CHECK_THROW(AugmentController(AugmentControl{.kimg = 0}), Error);
  AugmentController c(AugmentControl{});
  BOOST_CHECK_THROW(c.add(2, 1), Error);
  BOOST_CHECK_THROW(c.add(std::nan(""), 1), Error);
  BOOST_CHECK_THROW(c.restore(nlohmann::json::array()), Error);
  auto state = c.state();
  state["p"] = -1;
  BOOST_CHECK_THROW(c.restore(state), Error);
  state.erase("p");
  BOOST_CHECK_THROW(c.restore(state), Error);
}
