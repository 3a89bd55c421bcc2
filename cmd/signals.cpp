#include "cmd/signals.hpp"

#include <csignal>

#include "lib/io/output.hpp"

namespace sgan::cli {
namespace {

volatile std::sig_atomic_t seen = 0, ends_at_second = 0;

void note(int signal) {
  if (ends_at_second && seen == SIGINT && signal == SIGINT) {  // somebody who does not want to wait
    io::remove_pending_files();
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  seen = signal;
}

}  // namespace

void catch_signals(bool twice) {
  ends_at_second = twice;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) std::signal(signal, note);
  if (std::signal(SIGHUP, note) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

bool signalled() { return seen != 0; }

void end_as_signalled(int otherwise) {
  const int signal = seen ? int(seen) : otherwise;
  if (!signal) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace sgan::cli
