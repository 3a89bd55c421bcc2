#include <sys/resource.h>
#include <sys/wait.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "event_reader.hpp"
#include "lib/train/event_file.hpp"
#include "lib/train/run_log.hpp"
#include "tests/io/io_test.hpp"

using namespace sgan;
using namespace sgan::train;
using io::check_error;
using io::read_file;
using io::Scratch;
using io::write_file;
using nlohmann::json;

namespace {

std::vector<json> ticks(const RunLog& run) {
  std::vector<json> found;
  std::istringstream lines(read_file(run.path("stats.jsonl")));
  for (std::string line; std::getline(lines, line);) found.push_back(json::parse(line));
  return found;
}

std::vector<std::string> event_files(const RunLog& run) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(run.directory())) {
    if (entry.path().filename().string().rfind("events.out.tfevents.", 0) == 0) {
      found.insert(entry.path().string());
    }
  }
  return {found.begin(), found.end()};
}

// Two ranks of which the other one's reports are given.
class Pair : public dist::Communicator {
 public:
  Pair(std::string names, std::vector<double> totals) : names_(names), totals_(totals) {}
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void average(const rt::Tensor&, uint32_t) override {}
  void wait() override {}
  void sum(std::span<double> values) override {
    BOOST_REQUIRE(values.size() == totals_.size());
    for (size_t i = 0; i < values.size(); ++i) values[i] += totals_[i];
  }
  void broadcast(const rt::Tensor&, int) override {}
  void broadcast(std::string& text, int root) override {
    if (root == 1) text = names_;
  }
  void barrier() override {}
  std::string describe() const override { return ""; }

 private:
  std::string names_;
  std::vector<double> totals_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(stats_are_moments_since_the_last_take) {
  Stats stats;
  stats.report("Loss/G/loss", 1);
  stats.report("Loss/G/loss", rt::Tensor::from<float>(std::vector<float>{2, 3, 6}, {3}));
  stats.declare("Loss/r1");
  Summary s = stats.take();
  BOOST_TEST(s.at("Loss/G/loss").num == 4);
  BOOST_TEST(s.at("Loss/G/loss").mean == 3);
  BOOST_TEST(s.at("Loss/G/loss").std == std::sqrt(3.5), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(s.at("Loss/r1").num == 0);
  BOOST_TEST(std::isnan(s.at("Loss/r1").mean));
  stats.report("Loss/G/loss", 5);
  s = stats.take();
  BOOST_TEST(s.at("Loss/G/loss").num == 1);
  BOOST_TEST(s.at("Loss/G/loss").mean == 5);
  BOOST_TEST(s.at("Loss/G/loss").std == 0);
}

BOOST_AUTO_TEST_CASE(stats_show_what_is_not_finite) {
  Stats stats;
  for (const double v : {1.0, std::numeric_limits<double>::quiet_NaN(), 3.0}) stats.report("a", v);
  for (const double v : {1.0, std::numeric_limits<double>::infinity()}) stats.report("b", v);
  const Summary s = stats.take();
  BOOST_TEST(std::isnan(s.at("a").mean));
  BOOST_TEST(std::isnan(s.at("a").std));
  BOOST_TEST(s.at("a").nonfinite == 1);
  BOOST_TEST(std::isinf(s.at("b").mean));
  BOOST_TEST(std::isnan(s.at("b").std));
  BOOST_TEST(stats.take().at("a").nonfinite == 0);
}

BOOST_AUTO_TEST_CASE(stats_can_be_kept_and_reduced) {
  Stats stats, other;
  stats.report("b", 1);
  stats.report("a", 2);
  other.set(stats.names(), stats.totals());
  BOOST_TEST(other.take().at("a").mean == 2);
  check_error([&] { other.set({"a"}, std::vector<double>(3)); }, "1 names but 3 totals");

  // The other rank reported c = 10 and 20, b = 3; the names are a, b, c.
  Pair ranks("b\nc\n", {0, 0, 0, 0, 1, 3, 9, 0, 2, 30, 500, 0});
  stats.reduce(ranks);
  const Summary s = stats.take();
  BOOST_TEST(s.size() == 3u);
  BOOST_TEST(s.at("a").mean == 2);
  BOOST_TEST(s.at("b").num == 2);
  BOOST_TEST(s.at("b").mean == 2);
  BOOST_TEST(s.at("b").std == 1);
  BOOST_TEST(s.at("c").mean == 15);
  BOOST_TEST(s.at("c").std == 5);
}

BOOST_AUTO_TEST_CASE(run_directories_are_numbered) {
  Scratch scratch;
  const std::string outdir = scratch / "runs/deep";
  BOOST_TEST(RunLog::create(outdir, "a b/c").directory() == outdir + "/00000-a_b_c");
  std::filesystem::create_directory(outdir + "/00041-older");
  std::filesystem::create_directory(outdir + "/99-not-ours");
  BOOST_TEST(RunLog::create(outdir, "x").directory() == outdir + "/00042-x");
  std::filesystem::create_directory(outdir + "/.00043.claimed");  // of a run that was killed there
  BOOST_TEST(RunLog::create(outdir, "x").directory() == outdir + "/00044-x");
  write_file(scratch / "file", "");
  check_error([&] { RunLog::create(scratch / "file", "x"); }, "file: cannot ");
  check_error([&] { RunLog::create(scratch / "file/sub", "x"); }, "file/sub: cannot create");
  check_error([&] { RunLog::create("/proc", "x"); }, "-x: cannot create: No such file");
  check_error([&] { RunLog::resume(scratch / "none"); }, "none: No such file");
  check_error([&] { RunLog::resume(scratch / "file"); }, "not the directory of a run");
  BOOST_TEST(!RunLog().active());
}

BOOST_AUTO_TEST_CASE(runs_that_start_at_once_get_numbers_of_their_own) {
  Scratch scratch;
  constexpr int kRuns = 12;
  std::vector<pid_t> children;
  for (int i = 0; i < kRuns; ++i) {
    const pid_t child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
      int status = 1;
      try {
        for (int k = 0; k < 5; ++k) RunLog::create(scratch / "out", i % 2 ? "same" : cat("run", i));
        status = 0;
      } catch (...) {
      }
      _exit(status);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
  std::set<std::string> numbers;
  int directories = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "out")) {
    numbers.insert(entry.path().filename().string().substr(0, 5));
    ++directories;
  }
  BOOST_TEST(directories == 5 * kRuns);  // and no claim is left
  BOOST_TEST(numbers.size() == size_t(5 * kRuns));
}

BOOST_AUTO_TEST_CASE(a_run_writes_settings_lines_and_ticks) {
  Scratch scratch;
  RunLog run = RunLog::create(scratch.path, "run");
  run.options({{"batch", 8}, {"name", "caf\xe9"}});  // not UTF-8: replaced, not refused
  BOOST_TEST(json::parse(read_file(run.path("training_options.json")))["batch"] == 8);
  BOOST_TEST(read_file(run.path("training_options.json")).find("\n  \"batch\": 8") !=
             std::string::npos);
  run.line("tick 0");
  run.line("tick 1");
  BOOST_TEST(read_file(run.path("log.txt")) == "tick 0\ntick 1\n");
  Stats stats;
  stats.report("Loss/D/loss", 1.5);
  stats.report("Loss/D/loss", 2.5);
  stats.report("bad", std::nan(""));
  stats.declare("none");
  run.tick(stats.take(), 4.0);
  const json tick = ticks(run).at(0);
  BOOST_TEST(tick["Loss/D/loss"] == json({{"num", 2}, {"mean", 2.0}, {"std", 0.5}}));
  BOOST_TEST(tick["bad"] ==
             json({{"num", 1}, {"mean", nullptr}, {"std", nullptr}, {"nonfinite", 1}}));
  BOOST_TEST(tick["none"] == json({{"num", 0}, {"mean", nullptr}, {"std", nullptr}}));
  BOOST_TEST(std::abs(tick["timestamp"].get<double>() - double(time(nullptr))) < 60);
  BOOST_TEST(run.warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_resumed_run_cuts_a_torn_line_and_goes_on) {
  Scratch scratch;
  RunLog run = RunLog::create(scratch.path, "run");
  Stats stats;
  stats.report("a", 1);
  run.tick(stats.take(), 1);
  run.line("before");
  const std::string whole = read_file(run.path("stats.jsonl"));
  write_file(run.path("stats.jsonl"), whole + "{\"a\": {\"num\": 3, \"me" + std::string(9000, 'x'));
  const std::string directory = run.directory();
  check_error([&] { RunLog::resume(directory); }, "another process is training in this directory");
  run = RunLog();
  RunLog again = RunLog::resume(directory);
  stats.report("a", 2);
  again.tick(stats.take(), 2);
  again.line("after");
  BOOST_REQUIRE(ticks(again).size() == 2u);
  BOOST_TEST(read_file(again.path("stats.jsonl")).substr(0, whole.size()) == whole);
  BOOST_TEST(ticks(again)[1]["a"]["mean"] == 2.0);
  BOOST_TEST(read_file(again.path("log.txt")) == "before\nafter\n");
  BOOST_TEST(event_files(again).size() == 2u);  // of the same second, and yet two
  write_file(directory + "/stats.jsonl", "torn, and nothing else");
  again = RunLog();
  RunLog third = RunLog::resume(directory);
  stats.report("a", 3);
  third.tick(stats.take(), 3);
  BOOST_TEST(ticks(third).size() == 1u);
}

BOOST_AUTO_TEST_CASE(event_files_hold_what_was_reported) {
  BOOST_TEST(crc32c("123456789") == 0xe3069283u);            // the check value of the polynomial
  BOOST_TEST(crc32c(std::string(32, '\0')) == 0x8a9136aau);  // RFC 3720, B.4
  Scratch scratch;
  RunLog run = RunLog::create(scratch.path, "run");
  Stats stats;
  for (int i = 0; i < 3; ++i) {
    stats.report("Loss/G/loss", i + 0.25);
    if (i == 1) stats.report("Loss/signs/real", std::nan(""));
    run.tick(stats.take(), 200.0 * i);
  }
  const std::string file = read_file(event_files(run).at(0));
  const std::vector<Event> events = EventReader::read(file);
  BOOST_REQUIRE(events.size() == 4u);
  BOOST_TEST(events[0].version == "brain.Event:2");
  BOOST_TEST(std::abs(events[0].time - double(time(nullptr))) < 60);
  for (size_t i = 0; i < 3; ++i) {
    BOOST_TEST(events[i + 1].step == int64_t(200 * i));
    BOOST_REQUIRE(events[i + 1].scalars.size() == (i == 1 ? 2u : 1u));
    BOOST_TEST(events[i + 1].scalars[0].first == "Loss/G/loss");
    BOOST_TEST(events[i + 1].scalars[0].second == float(i) + 0.25f);
  }
  BOOST_TEST(std::isnan(events[2].scalars[1].second));
  std::string broken = file;
  broken[file.size() / 2] ^= 1;
  BOOST_CHECK_THROW(EventReader::read(broken), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_full_disk_costs_records_and_not_the_run) {
  Scratch scratch;
  RunLog run = RunLog::create(scratch.path, "run");
  Stats stats;
  stats.report("a", 1);
  run.tick(stats.take(), 0);
  run.line("whole");
  const std::string whole = read_file(run.path("stats.jsonl"));
  const size_t events = read_file(event_files(run)[0]).size();

  // A limit on the size of files, in the middle of the next record, is a disk that is full.
  struct rlimit before {};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = whole.size() + 10;
  setrlimit(RLIMIT_FSIZE, &small);
  for (int i = 0; i < 3; ++i) {
    stats.report("a", 100 + i);
    run.tick(stats.take(), 1 + i);
    run.options(json{{"text", std::string(100000, 'x')}});
  }
  const std::vector<std::string> warnings = run.warnings();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  size_t stats_lines = 0;
  for (const std::string& w : warnings) {
    BOOST_TEST(w.find("cannot write: ") != std::string::npos, w);
    BOOST_TEST(w.find('\n') == std::string::npos);
    stats_lines += w.find("stats.jsonl") != std::string::npos ? 1 : 0;
  }
  BOOST_TEST(stats_lines == 1u);  // said once
  BOOST_TEST(!std::filesystem::exists(run.path("training_options.json")));
  BOOST_TEST(read_file(run.path("stats.jsonl")) == whole);  // no half record

  stats.report("a", 7);
  run.tick(stats.take(), 9);
  BOOST_TEST(run.warnings().size() >= 1u);
  BOOST_REQUIRE(ticks(run).size() == 2u);
  BOOST_TEST(ticks(run)[1]["a"]["mean"] == 7.0);
  const auto read = EventReader::read(read_file(event_files(run)[0]));
  BOOST_TEST(read.back().step == 9);
  BOOST_TEST(read_file(event_files(run)[0]).size() > events);
}

BOOST_AUTO_TEST_CASE(a_directory_that_goes_away_costs_records_and_not_the_run) {
  Scratch scratch;
  RunLog run = RunLog::create(scratch.path, "run");
  std::filesystem::remove_all(run.directory());
  run.options({{"a", 1}});
  run.line("x");
  run.line("y");
  run.tick({}, 1);
  const auto warnings = run.warnings();
  BOOST_TEST(warnings.size() == 4u);  // settings, log, stats, events
  BOOST_TEST(run.warnings().empty());
}
