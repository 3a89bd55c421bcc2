#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "lib/dist/watchdog.hpp"
#include "lib/rt/error.hpp"

using sgan::dist::Watchdog;

namespace {

std::string wait_for_loss(Watchdog& watchdog, double seconds) {
  for (double t = 0; t < seconds; t += 0.01) {
    const std::string lost = watchdog.lost();
    if (!lost.empty()) return lost;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "";
}

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// Three ranks in one process.
struct Three {
  explicit Three(double timeout) {
    for (int rank = 0; rank < 3; ++rank) {
      dogs[rank] = std::make_unique<Watchdog>(rank, 3, timeout, nullptr);
    }
    address = dogs[0]->listen();
  }
  std::unique_ptr<Watchdog> dogs[3];
  std::string address;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_rank_that_ends_without_a_goodbye_is_named_everywhere) {
  Three ranks(30);
  ranks.dogs[1]->connect(ranks.address);
  ranks.dogs[2]->connect(ranks.address);
  sleep_ms(100);
  BOOST_TEST(ranks.dogs[0]->lost() == "");
  ranks.dogs[1].reset();
  BOOST_TEST(wait_for_loss(*ranks.dogs[0], 5) ==
             "rank 1 of 3 is gone (it has ended or was killed); rank 0 stops");
  BOOST_TEST(wait_for_loss(*ranks.dogs[2], 5) ==
             "rank 1 of 3 is gone (it has ended or was killed); rank 2 stops");
  ranks.dogs[0].reset();  // follows from it, and is not the cause
  sleep_ms(100);
  BOOST_TEST(ranks.dogs[2]->lost().find("rank 1 of 3") == 0u);
}

BOOST_AUTO_TEST_CASE(rank_0_is_missed_as_well) {
  Three ranks(30);
  ranks.dogs[1]->connect(ranks.address);
  ranks.dogs[0].reset();
  BOOST_TEST(wait_for_loss(*ranks.dogs[1], 5).find("rank 0 of 3 is gone") == 0u);
}

BOOST_AUTO_TEST_CASE(a_goodbye_is_no_loss) {
  Three ranks(30);
  ranks.dogs[1]->connect(ranks.address);
  ranks.dogs[2]->connect(ranks.address);
  sleep_ms(50);
  ranks.dogs[1]->goodbye();
  ranks.dogs[1].reset();
  BOOST_TEST(wait_for_loss(*ranks.dogs[0], 0.5) == "");
  BOOST_TEST(ranks.dogs[2]->lost() == "");
}

BOOST_AUTO_TEST_CASE(silence_is_a_loss) {
  Three ranks(0.4);
  ranks.dogs[1]->connect(ranks.address);  // rank 2 never comes
  BOOST_TEST(wait_for_loss(*ranks.dogs[0], 5) ==
             "rank 2 of 3 is gone (it has not connected); rank 0 stops");
  BOOST_TEST(wait_for_loss(*ranks.dogs[1], 5).find("rank 2 of 3") == 0u);
}

BOOST_AUTO_TEST_CASE(ranks_behind_are_named) {
  Three ranks(0.4);  // beats every 0.1 s
  ranks.dogs[1]->connect(ranks.address);
  ranks.dogs[2]->connect(ranks.address);
  ranks.dogs[1]->reached(6);
  ranks.dogs[2]->reached(7);
  sleep_ms(300);
  BOOST_TEST(ranks.dogs[0]->behind(7) == "rank 1");
  BOOST_TEST(ranks.dogs[0]->behind(8) == "rank 1, rank 2");
  BOOST_TEST(ranks.dogs[0]->behind(6) == "");
}

BOOST_AUTO_TEST_CASE(a_busy_program_is_called) {
  std::promise<std::string> called;
  auto first = std::make_unique<Watchdog>(0, 2, 30, nullptr);
  Watchdog second(
      1, 2, 30, [&](const std::string& message) { called.set_value(message); }, 0.05);
  second.connect(first->listen());
  first.reset();
  auto message = called.get_future();
  BOOST_REQUIRE((message.wait_for(std::chrono::seconds(5)) == std::future_status::ready));
  BOOST_TEST(message.get() == "rank 0 of 2 is gone (it has ended or was killed); rank 1 stops");
}

BOOST_AUTO_TEST_CASE(strangers_and_bad_addresses_are_refused) {
  Three ranks(30);
  std::string wrong = ranks.address;
  wrong[3] = wrong[3] == '0' ? '1' : '0';  // another token: its end is nobody's end
  ranks.dogs[1]->connect(wrong);
  ranks.dogs[1].reset();
  BOOST_TEST(wait_for_loss(*ranks.dogs[0], 0.3) == "");
  BOOST_CHECK_THROW(ranks.dogs[2]->connect(""), sgan::Error);
  BOOST_CHECK_THROW(ranks.dogs[2]->connect(std::string(32, '0') + " 1 127.0.0.1"), sgan::Error);
}
