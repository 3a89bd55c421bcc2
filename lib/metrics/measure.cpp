#include "lib/metrics/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "lib/metrics/table_file.hpp"

namespace sgan::metrics {
namespace {

using Clock = std::chrono::steady_clock;

// Runs what may fail on one process; the failure ends the work of all, on the one it happened to
// with its own message.
template <class Work>
void on_first(dist::Communicator& ranks, const Work& work) {
  std::string error;
  if (ranks.first()) {
    try {
      work();
    } catch (const Error& e) {
      error = e.what();
    }
  }
  ranks.broadcast(error, 0);
  if (!error.empty()) throw Error(error);
}

class Measurement {
 public:
  Measurement(const Job& job, dist::Communicator& ranks, const JobHooks& hooks)
      : job_(job), ranks_(ranks), hooks_(hooks), saved_(Clock::now()) {
    check(job.samples > 0 && job.columns > 0 && job.unit > 0, "nothing to measure");
    table_.rows = rt::Tensor::zeros({job.samples, job.columns}, job.type);
    table_.unit = job.unit;
    table_.done.assign(size_t((job.samples + job.unit - 1) / job.unit), false);
  }

  Table run() {
    load();
    std::vector<int64_t> open;
    for (size_t u = 0; u < table_.done.size(); ++u) {
      if (!table_.done[u]) open.push_back(int64_t(u));
    }
    mine_.assign(table_.done.size(), ranks_.first());
    // A round: each process does one unit; then they know of each other whether to go on.
    const size_t width = size_t(ranks_.size());
    bool stopped = false;
    for (size_t round = 0; round * width < open.size() && !stopped; ++round) {
      const size_t at = round * width + size_t(ranks_.rank());
      if (at < open.size()) compute(open[at]);
      stopped = should_stop();
      if (!stopped && (round + 1) * width < open.size()) save_in_time();
    }
    gather();
    if (!job_.checkpoint.empty() && !open.empty()) save();
    return result();
  }

 private:
  int64_t begin(size_t u) const { return int64_t(u) * job_.unit; }
  int64_t end(size_t u) const { return std::min(begin(u) + job_.unit, job_.samples); }

  void load() {
    if (job_.checkpoint.empty()) return;
    on_first(ranks_, [&] {
      // A file that cannot be written should be known of now, not after hours.
      if (!found()) keeps_ = try_save(!job_.cache);
    });
    if (ranks_.size() == 1) return;
    std::string done(table_.done.begin(), table_.done.end());
    ranks_.broadcast(done, 0);
    for (size_t u = 0; u < done.size(); ++u) table_.done[u] = done[u] != 0;
  }

  void compute(int64_t u) {
    const size_t unit = size_t(u);
    const rt::Tensor rows = table_.rows.rows(begin(unit), end(unit));
    try {
      job_.compute(begin(unit), rows);
    } catch (const Error& error) {
      failure_ = error.what();
      return;
    }
    table_.done[unit] = true;
    mine_[unit] = true;
    if (hooks_.progress) hooks_.progress(end(unit) - begin(unit));
  }

  // All processes stop together; where one has failed, all throw, so that none waits for it.
  bool should_stop() {
    double votes[2] = {double(hooks_.stop && hooks_.stop()), double(!failure_.empty())};
    if (ranks_.size() > 1) ranks_.sum(votes);
    check(votes[1] == 0, failure_.empty() ? "another process could not go on" : failure_);
    return votes[0] > 0;
  }

  // Whether there was a checkpoint, which is in the table then.
  bool found() {
    try {
      bool longer = false;
      const bool found = load_table(job_.checkpoint, table_, job_.identity, &longer);
      keeps_ = !longer;
      return found;
    } catch (const Error& error) {
      if (!job_.cache) throw;
      warn(cat(error.what(), "; what it held is computed again"));
      return false;
    }
  }

  // Without a checkpoint the result is still there: what fails is said, unless it `matters`.
  bool try_save(bool matters) {
    try {
      save_table(job_.checkpoint, table_, job_.identity);
      return true;
    } catch (const Error& error) {
      if (matters) throw;
      warn(cat(error.what(), "; what is measured is not kept"));
      return false;
    }
  }

  void warn(const std::string& line) const {
    if (hooks_.warn) hooks_.warn(line);
  }

  // The clock of the first process decides for all, since saving takes them all.
  void save_in_time() {
    if (job_.checkpoint.empty()) return;
    double due = ranks_.first() && std::chrono::duration<double>(Clock::now() - saved_).count() >
                                       std::max(job_.save_seconds, 20 * cost_);
    if (ranks_.size() > 1) ranks_.sum({&due, 1});
    if (due == 0) return;
    gather();
    save();
  }

  void save() {
    const auto start = Clock::now();
    if (ranks_.first() && keeps_) try_save(false);
    saved_ = Clock::now();
    cost_ = std::chrono::duration<double>(saved_ - start).count();
  }

  // Every process gets the rows of all: each adds its own to zeros.
  void gather() {
    if (ranks_.size() == 1) return;
    std::vector<double> flags(table_.done.size());
    for (size_t u = 0; u < flags.size(); ++u) flags[u] = mine_[u] && table_.done[u];
    ranks_.sum(flags);
    std::vector<double> part;
    for (size_t u = 0; u < flags.size(); ++u) {
      if (flags[u] == 0) continue;
      const rt::Tensor rows = table_.rows.rows(begin(u), end(u));
      if (mine_[u]) {
        part = rows.to_doubles();
      } else {
        part.assign(size_t(rows.numel()), 0);
      }
      ranks_.sum(part);
      if (job_.type == rt::DType::f64) {
        std::memcpy(rows.bytes_data(), part.data(), rows.bytes());
      } else {
        std::copy(part.begin(), part.end(), rows.data<float>());
      }
      table_.done[u] = true;
      mine_[u] = ranks_.first();  // what has been gathered is the first one's to hand out
    }
  }

  Table result() const {
    Table out;
    out.samples = job_.samples;
    int64_t count = 0;
    for (size_t u = 0; u < table_.done.size(); ++u) {
      if (table_.done[u]) count += end(u) - begin(u);
    }
    if (count == 0) return out;
    if (count == job_.samples) {
      out.rows = table_.rows;
      return out;
    }
    out.rows = rt::Tensor({count, job_.columns}, job_.type);
    int64_t at = 0;
    for (size_t u = 0; u < table_.done.size(); ++u) {
      if (!table_.done[u]) continue;
      const rt::Tensor from = table_.rows.rows(begin(u), end(u));
      std::memcpy(out.rows.rows(at, at + from.size(0)).bytes_data(), from.bytes_data(),
                  from.bytes());
      at += from.size(0);
    }
    return out;
  }

  const Job& job_;
  dist::Communicator& ranks_;
  const JobHooks& hooks_;
  PartialTable table_;
  std::string failure_;     // of this process
  std::vector<bool> mine_;  // units whose rows this process adds when rows are gathered
  Clock::time_point saved_;
  double cost_ = 0;    // seconds of the last save
  bool keeps_ = true;  // false: the file cannot be written, or holds more samples and stays
};

}  // namespace

Table measure(const Job& job, dist::Communicator& ranks, const JobHooks& hooks) {
  return Measurement(job, ranks, hooks).run();
}

}  // namespace sgan::metrics
