#include "lib/metrics/measure.hpp"

#include <algorithm>
#include <cstring>

#include "lib/io/table_file.hpp"

namespace sgan::metrics {
namespace {

class Measurement {
 public:
  Measurement(const Job& job, dist::Communicator& ranks, const JobHooks& hooks)
      : job_(job), ranks_(ranks), together_(ranks, hooks) {
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
      stopped = together_.round([&] {
        if (at < open.size()) compute(open[at]);
      });
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
    together_.on_first([&] {
      // A file that cannot be written should be known of now, not after hours.
      if (!found()) first_save();
    });
    if (ranks_.size() == 1) return;
    std::string done(table_.done.begin(), table_.done.end());
    ranks_.broadcast(done, 0);
    for (size_t u = 0; u < done.size(); ++u) table_.done[u] = done[u] != 0;
  }

  void compute(int64_t u) {
    const size_t unit = size_t(u);
    const rt::Tensor rows = table_.rows.rows(begin(unit), end(unit));
    job_.compute(begin(unit), rows);
    table_.done[unit] = true;
    mine_[unit] = true;
    together_.progress(end(unit) - begin(unit));
  }

  // Whether there was a checkpoint, which is in the table then.
  bool found() {
    try {
      bool longer = false;
      const bool found = io::load_table(job_.checkpoint, table_, job_.identity, &longer);
      keeps_ = !longer;
      return found;
    } catch (const Error& error) {
      if (!job_.cache) throw;
      together_.warn(cat(error.what(), "; what it held is computed again"));
      return false;
    }
  }

  void write() const { io::save_table(job_.checkpoint, table_, job_.identity); }

  void first_save() {
    if (job_.cache) {
      keeps_ = together_.save([&] { write(); });
    } else {
      write();
    }
  }

  void save() {
    if (keeps_) together_.save([&] { write(); });
  }

  void save_in_time() {
    if (job_.checkpoint.empty() || !together_.save_is_due(job_.save_seconds)) return;
    gather();
    save();
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
  InStep together_;
  io::PartialTable table_;
  std::vector<bool> mine_;  // units whose rows this process adds when rows are gathered
  bool keeps_ = true;       // false: the file cannot be written, or holds more samples and stays
};

}  // namespace

Table measure(const Job& job, dist::Communicator& ranks, const JobHooks& hooks) {
  return Measurement(job, ranks, hooks).run();
}

}  // namespace sgan::metrics
