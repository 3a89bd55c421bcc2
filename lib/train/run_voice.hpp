// What a run says: to its log, and to the user.
#pragma once

#include <functional>
#include <string>

#include "lib/train/run_log.hpp"

namespace sgan::train {

class RunVoice {
 public:
  // `user` is told what the log is. Ranks that are not the first stay silent.
  RunVoice(std::function<void(const std::string&)> user, bool silent = false)
      : user_(std::move(user)), silent_(silent) {}

  RunLog log;

  void say(const std::string& text) {
    if (silent_) return;
    log.line(text);
    if (user_) user_(text);
  }
  void warn(const std::string& text) {
    if (silent_) return;
    log.warn(text);
    show_warnings();
  }
  // Those of the log itself, which go on without its files.
  void show_warnings() {
    for (const std::string& w : log.warnings()) {
      if (user_) user_("warning: " + w);
    }
  }

  // What cannot be written costs a warning, not the run. Returns whether it was; ranks that are
  // silent write nothing.
  template <class Body>
  bool attempt(const char* what, const Body& body) {
    if (silent_) return true;
    try {
      body();
      return true;
    } catch (const std::exception& e) {
      warn(cat(what, ": ", e.what(), "; the run goes on, older files stay"));
      return false;
    }
  }

 private:
  std::function<void(const std::string&)> user_;
  bool silent_;
};

}  // namespace sgan::train
