#include "cmd/cli.hpp"

#include <omp.h>
#include <unistd.h>

#define CXXOPTS_NO_REGEX true  // compiling regular expressions at each start costs milliseconds
#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxopts.hpp>
#include <new>
#include <numeric>

#include "lib/io/output.hpp"
#include "lib/rt/memory.hpp"

namespace sgan::cli {
namespace {

const std::vector<Option> kCommon = {
    {"m,model", "FILE", "model file; else $SGAN_MODEL, else the installed default model"},
    {"device", "DEV", "auto, cpu, cuda or cuda:N (default auto)"},
    {"seed", "N", "first seed or seed of random numbers (default 0)"},
    {"threads", "N", "CPU threads (default all)"},
    {"q,quiet", "", "no warnings, no progress bar"},
    {"v,verbose", "", "say what is done: device, model, memory"},
    {"h,help", "", "show this help"},
    {"version", "", "show the version"},
};

std::string long_name(const Option& option) {
  const char* comma = std::strchr(option.names, ',');
  return comma ? comma + 1 : option.names;
}

void print_options(std::ostringstream& out, const std::vector<Option>& options) {
  for (const Option& option : options) {
    const std::string name = long_name(option);
    std::string left = name.size() == std::strlen(option.names)
                           ? "      --" + name
                           : cat("  -", option.names[0], ", --", name);
    if (*option.value) left += cat(" ", option.value);
    if (left.size() >= 28) {
      out << left << '\n';
      left.clear();
    }
    out << left << std::string(28 - left.size(), ' ') << option.help << '\n';
  }
}

std::string help(const Program& program) {
  std::ostringstream out;
  out << "Usage: " << program.name << " [OPTION]... " << program.synopsis << "\n\n"
      << program.description << "\n\nOptions:\n";
  print_options(out, program.options);
  out << "\nCommon options:\n";
  print_options(out, kCommon);
  out << "\nExamples:\n" << program.examples << "\n\nSee also: " << program.see_also << '\n';
  return out.str();
}

void print(const std::string& text) {
  io::Output out("-", false);
  out.write(text);
  out.finish();
}

// Edits that turn one word into the other (V. Levenshtein, 1966).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t kept = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({kept, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

[[noreturn]] void unknown_option(const Program& program, const std::string& given) {
  const std::string name = given.substr(0, given.find('='));
  std::string best;
  size_t least = 3;
  for (const auto* table : {&program.options, &kCommon}) {
    for (const Option& option : *table) {
      const std::string candidate = "--" + long_name(option);
      const bool begins = name.size() > 3 && candidate.starts_with(name);
      const size_t edits = begins ? 0 : distance(name, candidate);
      if (edits < least) {
        least = edits;
        best = candidate;
      }
    }
  }
  misuse("unknown option '", name, "'; ", best.empty() ? "" : cat("is '", best, "' meant? "),
         "see '", program.name, " --help'");
}

std::string ascii_quotes(std::string text) {  // cxxopts writes typographic ones
  for (const char* quote : {"\u2018", "\u2019"}) {
    for (size_t at; (at = text.find(quote)) != std::string::npos;) text.replace(at, 3, "'");
  }
  if (!text.empty()) text[0] = char(std::tolower(text[0]));
  return text;
}

bool is_switch(const Program& program, const std::string& name) {
  for (const auto* table : {&program.options, &kCommon}) {
    for (const Option& option : *table) {
      if (long_name(option) == name) return !*option.value;
    }
  }
  return false;
}

// "--mirror" alone, or with what the official programs take: --mirror=1, --mirror=false.
bool switched_on(const std::string& name, const std::string& value) {
  for (const char* yes : {"true", "1", "yes", "on"}) {
    if (value == yes) return true;
  }
  for (const char* no : {"false", "0", "no", "off"}) {
    if (value == no) return false;
  }
  misuse("--", name, ": '", value, "' is not one of true, false");
}

std::vector<std::pair<std::string, std::string>> parse(int argc, char** argv,
                                                       const Program& program,
                                                       std::vector<std::string>& files) {
  cxxopts::Options options(program.name);
  options.allow_unrecognised_options();
  for (const auto* table : {&program.options, &kCommon}) {
    for (const Option& option : *table) {
      if (*option.value) {
        options.add_options()(option.names, "", cxxopts::value<std::string>());
      } else {
        options.add_options()(option.names, "", cxxopts::value<bool>());
      }
    }
  }
  std::vector<std::pair<std::string, std::string>> given;
  // What follows "--" is a file whatever it looks like.
  int end = 1;
  while (end < argc && std::strcmp(argv[end], "--") != 0) ++end;
  // A long name of one letter ("--p 0.5", "--p=0.5") is a short one to cxxopts.
  std::vector<std::string> words;
  for (int i = 0; i < end; ++i) {
    std::string word = argv[i];
    const size_t equals = word.find('=');
    if (i > 0 && word.starts_with("--") && equals != std::string::npos) {
      const std::string name = word.substr(2, equals - 2);
      if (is_switch(program, name)) {
        if (!switched_on(name, word.substr(equals + 1))) continue;
        word.resize(equals);
      }
    }
    const bool one_letter =
        i > 0 && word.size() > 2 && word.starts_with("--") && (word.size() == 3 || word[3] == '=');
    words.push_back(one_letter ? word.substr(1, 2) : word);
    if (one_letter && word.size() > 3) words.push_back(word.substr(4));
  }
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  try {
    const auto result = options.parse(int(arguments.size()), arguments.data());
    for (const auto& argument : result.arguments())
      given.emplace_back(argument.key(), argument.value());
    for (const std::string& rest : result.unmatched()) {
      if (rest.size() > 1 && rest[0] == '-') unknown_option(program, rest);
      files.push_back(rest);
    }
  } catch (const cxxopts::exceptions::exception& error) {
    misuse(ascii_quotes(error.what()), "; see '", program.name, " --help'");
  }
  for (int i = end + 1; i < argc; ++i) files.push_back(argv[i]);
  return given;
}

// An empty value is a variable of a script that was not set, and would mean stdin, stdout or the
// default.
void refuse_empty(const std::vector<std::pair<std::string, std::string>>& given,
                  const std::vector<std::string>& files) {
  for (const auto& [name, value] : given) {
    if (value.empty()) misuse("--", name, ": the value is empty");
  }
  for (const std::string& file : files) {
    if (file.empty()) misuse("the name of a file is empty; '-' is stdin");
  }
}

// What --device can be, whether or not the program has a use for it or the machine such a device.
void check_device_name(const std::string& name) {
  const auto number = [](std::string_view text) {
    return !text.empty() && text.size() < 5 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const bool fits = name == "auto" || name == "cpu" || name == "cuda" ||
                    (name.starts_with("cuda:") && number(std::string_view(name).substr(5)));
  if (!fits) misuse("--device: '", name, "' is not one of auto, cpu, cuda, cuda:N");
}

}  // namespace

int run(int argc, char** argv, const Program& program, const std::function<void(Args&)>& body) {
  Args args;
  args.program_ = program.name;
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of the write, with clean-up
  if (omp_get_max_threads() > 1024) omp_set_num_threads(1024);  // whatever the environment says
  try {
    args.given_ = parse(argc, argv, program, args.files_);
    if (args.has("help")) {
      print(help(program));
      return kDone;
    }
    if (args.has("version")) {
      print(cat(program.name, " (sgan) ", SGAN_VERSION, "\n"));
      return kDone;
    }
    if (int(args.files_.size()) > program.max_files) {
      misuse("too many arguments, from '", args.files_[size_t(program.max_files)], "' on; see '",
             program.name, " --help'");
    }
    refuse_empty(args.given_, args.files_);
    check_device_name(args.text("device", "auto"));
    args.seed();
    if (args.has("threads")) omp_set_num_threads(int(args.integer("threads", 1, 1, 4096)));
    body(args);
    return kDone;
  } catch (const io::PipeClosed&) {
    std::signal(SIGPIPE, SIG_DFL);  // as any filter ends whose reader has seen enough
    std::raise(SIGPIPE);
    return 128 + SIGPIPE;  // where a parent has blocked the signal
  } catch (const Reported&) {
    return kFailed;
  } catch (const Misuse& error) {
    args.say(error.what());
    return kMisuse;
  } catch (const std::bad_alloc&) {
    args.say("out of memory");
  } catch (const std::exception& error) {
    args.say(error.what());
  }
  return kFailed;
}

void Args::say(const std::string& line) const {
  const std::string text = one_line(cat(program_, ": ", line)) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (uint8_t(c) < ' ' || c == 127) c = '?';
  }
  return text;
}

bool Args::has(const char* name) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&](const auto& item) { return item.first == name; });
}

std::vector<std::string> Args::all(const char* name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : given_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::vector<std::string> Args::names() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : given_) names.push_back(key);
  return names;
}

std::string Args::text(const char* name, std::string_view fallback) const {
  const auto values = all(name);
  return values.empty() ? std::string(fallback) : values.back();
}

int Args::choice(const char* name, std::string_view fallback, std::string_view choices) const {
  const std::string value = text(name, fallback);
  int index = 0;
  for (size_t begin = 0; begin <= choices.size(); ++index) {
    const size_t end = std::min(choices.find('|', begin), choices.size());
    if (choices.substr(begin, end - begin) == value) return index;
    begin = end + 1;
  }
  misuse("--", name, ": '", value, "' is not one of ", choices);
}

double Args::number(const char* name, double fallback, double low, double high) const {
  return has(name) ? parse_number(text(name, ""), cat("--", name), low, high) : fallback;
}

int64_t Args::integer(const char* name, int64_t fallback, int64_t low, int64_t high) const {
  return has(name) ? parse_integer(text(name, ""), cat("--", name), low, high) : fallback;
}

std::vector<double> Args::numbers(const char* name, size_t count) const {
  std::vector<double> values;
  if (!has(name)) return values;
  const std::string given = text(name, "");
  for (size_t begin = 0; begin <= given.size();) {
    const size_t end = std::min(given.find(',', begin), given.size());
    values.push_back(parse_number(std::string_view(given).substr(begin, end - begin),
                                  cat("--", name), -1e6, 1e6));
    begin = end + 1;
  }
  if (values.size() != count) misuse("--", name, ": '", given, "' has not ", count, " numbers");
  return values;
}

std::pair<int, int> Args::size(const char* name, bool square) const {
  if (!has(name)) return {0, 0};
  const std::string given = text(name, "");
  const size_t x = given.find('x');
  if (x == std::string::npos && !square) misuse("--", name, ": '", given, "' is not WIDTHxHEIGHT");
  const std::string_view view = given;
  const auto side = [&](std::string_view part) {
    return int(parse_integer(part, cat("--", name), 1, 1 << 14));
  };
  const int width = side(view.substr(0, x));
  return {width, x == std::string::npos ? width : side(view.substr(x + 1))};
}

std::string Args::model() const {
  if (has("model")) return text("model", "");
  if (const char* path = std::getenv("SGAN_MODEL"); path && *path) return path;
  const std::string path = data_directory() + "/default.sgan";
  check(access(path.c_str(), F_OK) == 0,
        "no model: give --model FILE or set SGAN_MODEL (there is no ", path, ")");
  return path;
}

rt::Device Args::device() const { return rt::parse_device(text("device", "auto")); }

uint64_t Args::seed() const { return uint64_t(integer("seed", 0, 0, INT64_MAX)); }

void Args::report_memory(rt::Device device) const {
  info("memory: ", rt::memory_stats(device).peak >> 20, " MiB at the peak");
}

std::string data_directory() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string self = length > 0 ? std::string(path, size_t(length)) : "";
  const size_t slash = self.rfind('/');
  return (slash == std::string::npos ? "." : self.substr(0, slash)) + "/../share/sgan";
}

Progress::Progress(const Args& args, const char* unit, int64_t total)
    : active_(!args.quiet() && isatty(STDERR_FILENO)),
      unit_(unit),
      total_(total),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::add(int64_t count) {
  done_ += count;
  if (active_) draw();
}

void Progress::draw() {
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (seconds < 1 || std::chrono::duration<double>(now - last_).count() < 0.2) return;
  last_ = now;
  drawn_ = true;
  const double rate = double(done_) / seconds;
  std::string left;
  if (total_ > done_ && rate > 0) {
    const auto s = int64_t(double(total_ - done_) / rate + 0.5);
    left = cat(", ", s / 3600, "h ", s / 60 % 60, "m ", s % 60, "s left");
  }
  std::fprintf(stderr, "\r%lld%s %s, %.2f a second%s\033[K", static_cast<long long>(done_),
               total_ ? cat(" of ", total_).c_str() : "", unit_, rate, left.c_str());
}

}  // namespace sgan::cli
