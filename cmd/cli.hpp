// What all programs share: options, messages, exit status. A program is a table of options and a
// body.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/rt/device.hpp"
#include "lib/rt/error.hpp"

namespace sgan::cli {

// Exit status, see sgan(7). A reader of stdout that has gone ends the program by SIGPIPE.
inline constexpr int kDone = 0, kFailed = 1, kMisuse = 2;

// The command line asks for what cannot be: exit status 2.
class Misuse : public Error {
 public:
  using Error::Error;
};
// Something failed and has been reported; the status is all that is left to say.
class Reported : public Error {
 public:
  Reported() : Error("") {}
};
template <class... Words>
[[noreturn]] void misuse(const Words&... words) {
  throw Misuse(cat(words...));
}

struct Option {
  const char* names;  // "psi" or "o,output"
  const char* value;  // what stands for the value in --help, such as "FILE"; empty: a switch
  const char* help;
};

struct Program {
  const char* name;
  const char* synopsis;     // arguments after "[OPTION]..."
  const char* description;  // a few lines
  std::vector<Option> options;
  const char* examples;  // lines
  const char* see_also;  // "sgan-map(1), sgan(7)"
  int max_files = 1;     // arguments that are no options
};

// The command line, parsed. Names are long names. Bad values end as Misuse and name the option.
class Args {
 public:
  bool has(const char* name) const;
  std::string text(const char* name, std::string_view fallback) const;
  // One of `choices`, given as "a|b|c"; returns its index.
  int choice(const char* name, std::string_view fallback, std::string_view choices) const;
  double number(const char* name, double fallback, double low, double high) const;
  int64_t integer(const char* name, int64_t fallback, int64_t low, int64_t high) const;
  std::vector<double> numbers(const char* name, size_t count) const;  // "1,2"; empty when absent
  // "4x3", or with `square` also "4"; {0, 0} when absent
  std::pair<int, int> size(const char* name, bool square = false) const;
  std::vector<std::string> all(const char* name) const;  // a repeatable option
  std::vector<std::string> names() const;                // of all that were given
  const std::vector<std::string>& files() const { return files_; }
  const std::string& program() const { return program_; }
  std::string input() const { return files_.empty() ? "-" : files_[0]; }

  // The common options.
  std::string model() const;  // path: --model, else $SGAN_MODEL, else the installed default model
  rt::Device device() const;
  uint64_t seed() const;
  bool quiet() const { return has("quiet"); }
  bool verbose() const { return has("verbose"); }

  // A line on stderr: with -v, or unless -q.
  template <class... Words>
  void info(const Words&... words) const {
    if (verbose()) say(cat(words...));
  }
  template <class... Words>
  void warn(const Words&... words) const {
    if (!quiet()) say(cat(words...));
  }
  // With -v: the most memory that was in use.
  void report_memory(rt::Device device) const;
  void say(const std::string& line) const;

 private:
  friend int run(int, char**, const Program&, const std::function<void(Args&)>&);
  std::string program_;
  std::vector<std::pair<std::string, std::string>> given_;
  std::vector<std::string> files_;
};

// Parses, answers --help and --version, runs the body, and turns what goes wrong into one line on
// stderr and an exit status.
int run(int argc, char** argv, const Program& program, const std::function<void(Args&)>& body);

// Directory of data files next to the running program: PREFIX/share/sgan, or that of the build
// tree.
std::string data_directory();

// Control characters, such as names of files may have, become "?".
std::string one_line(std::string text);

// Numbers as people write them, whole text or Misuse; `what` begins the message.
double parse_number(std::string_view text, std::string_view what, double low, double high);
int64_t parse_integer(std::string_view text, std::string_view what, int64_t low, int64_t high);
// "0-3,8" as a list in the order given; at most `limit` numbers.
std::vector<int64_t> parse_ranges(std::string_view text, std::string_view what, int64_t high,
                                  size_t limit);

// A bar on stderr for work that takes more than a second, only on a terminal and without -q.
class Progress {
 public:
  Progress(const Args& args, const char* unit,
           int64_t total = 0);  // with a total also the time left
  ~Progress();
  void add(int64_t count);

 private:
  void draw();
  bool active_, drawn_ = false;
  const char* unit_;
  int64_t done_ = 0, total_ = 0;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace sgan::cli
