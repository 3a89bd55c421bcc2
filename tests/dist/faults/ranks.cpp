// What a rank of a training program does when the others do not do their part: one fault an
// invocation, told apart by tests/dist/faults/run.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "lib/dist/buckets.hpp"
#include "lib/dist/communicator.hpp"
#include "lib/rt/error.hpp"

using namespace sgan;

namespace {

// Programs that train finish their step after a SIGTERM, so it does not end them at once.
extern "C" void later(int) {}

void say(const std::string& message) {
  const std::string line = "ranks: " + message + "\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

void compute(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

int run(const std::string& fault, double timeout) {
  const auto ranks = dist::make_communicator(rt::cpu, timeout, [](const std::string& message) {
    say(message);
    std::_Exit(1);
  });
  const bool faulty = ranks->rank() == ranks->size() - 1;
  const auto average = [&](int64_t count) {
    const rt::Tensor t = rt::Tensor::full({count}, ranks->rank());
    ranks->average(t);
    ranks->wait();
  };
  average(100);
  if (fault == "killed") {  // the others are in an exchange
    if (faulty) raise(SIGKILL);
    average(100000);
  } else if (fault == "killed-busy") {  // the others compute
    if (faulty) raise(SIGKILL);
    compute(60);
  } else if (fault == "first-killed") {
    if (ranks->rank() == 0) raise(SIGKILL);
    average(100000);
  } else if (fault == "stopped") {
    if (faulty) raise(SIGSTOP);
    average(100000);
  } else if (fault == "absent") {  // alive, but never comes
    if (faulty) compute(timeout + 3);
    average(100000);
  } else if (fault == "sizes") {
    average(faulty ? 1000 : 1001);
  } else if (fault == "parameters") {  // of the same size, but another one
    dist::Buckets buckets(*ranks);
    buckets.add(faulty ? 3 : 4, rt::Tensor::full({10}, 1));
    buckets.finish();
  } else if (fault == "calls") {
    if (faulty)
      ranks->barrier();
    else
      average(1000);
  } else if (fault == "error") {  // of one rank only
    if (faulty) fail("rank ", ranks->rank(), " has no memory");
    average(1000);
  } else if (fault != "none") {
    fail("unknown fault ", fault);
  }
  if (ranks->first()) std::puts("well");
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  std::signal(SIGTERM, later);
  return run(argc > 1 ? argv[1] : "none", argc > 2 ? std::stod(argv[2]) : 30);
} catch (const std::exception& e) {
  say(e.what());
  return 1;
}
