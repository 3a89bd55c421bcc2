// The one exception of the library. The library never prints and never exits; programs turn an
// Error into one line on stderr.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace sgan {

// What went wrong, where, and what to do, in one line without a trailing newline.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Joins values into a message: cat("expected ", 3, " channels").
template <class... Args>
std::string cat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

// Throws Error with the joined message.
template <class... Args>
[[noreturn]] void fail(const Args&... args) {
  throw Error(cat(args...));
}

// Throws Error with the joined message unless `ok`. Also active in release builds.
template <class... Args>
void check(bool ok, const Args&... args) {
  if (!ok) [[unlikely]]
    fail(args...);
}

}  // namespace sgan
