#include "cmd/signals.hpp"

#include <csignal>

#include "lib/io/output.hpp"

namespace sgan::cli {
namespace {

volatile std::sig_atomic_t seen = 0;

void note(int signal) {
  if (seen == SIGINT && signal == SIGINT) {  // somebody who does not want to wait
    io::remove_pending_files();
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  seen = signal;
}

}  // namespace

void catch_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) std::signal(signal, note);
  if (std::signal(SIGHUP, note) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

bool signalled() { return seen != 0; }

void end_as_signalled() {
  if (!seen) return;
  std::signal(int(seen), SIG_DFL);
  std::raise(int(seen));
}

}  // namespace sgan::cli
