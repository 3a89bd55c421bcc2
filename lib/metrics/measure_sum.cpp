#include "lib/metrics/measure_sum.hpp"

#include <algorithm>
#include <limits>

#include "lib/io/table_file.hpp"

namespace sgan::metrics {
namespace {

class SumMeasurement {
 public:
  SumMeasurement(const SumJob& job, dist::Communicator& ranks, const JobHooks& hooks)
      : job_(job), ranks_(ranks), together_(ranks, hooks) {
    check(job.unit > 0 && (job.samples >= 0 || ranks.size() == 1), "nothing to measure");
    if (job.samples >= 0) samples_ = job.samples;
  }

  int64_t run() {
    load();
    const int64_t begun = done_;
    // Each process takes a unit a round. None stops within one: what is done is the first samples.
    for (bool ended = done_ == samples_; !ended;) {
      const int64_t first = std::min(done_ + ranks_.rank() * job_.unit, samples_);
      const int64_t count = std::min(job_.unit, samples_ - first);
      int64_t added = 0;
      const bool stopped = together_.round([&] {
        if (count > 0) added = job_.add(first, count);
        together_.progress(added);
      });
      done_ = ranks_.size() == 1 ? done_ + added
                                 : std::min(done_ + ranks_.size() * job_.unit, samples_);
      ended = stopped || done_ == samples_ || (ranks_.size() == 1 && added == 0);
      if (!ended && !job_.checkpoint.empty() && together_.save_is_due(job_.save_seconds)) {
        gather();
        save();
        if (!ranks_.first()) std::fill(job_.sums.begin(), job_.sums.end(), 0.0);
      }
    }
    gather();
    if (!job_.checkpoint.empty() && done_ > begun) save();
    return done_;
  }

 private:
  void load() {
    if (job_.checkpoint.empty()) return;
    together_.on_first([&] {
      // A file that cannot be written should be known of now, not after hours.
      if (!io::load_sums(job_.checkpoint, job_.sums, done_, job_.identity)) write();
      check(done_ <= samples_, job_.checkpoint, ": is of ", done_,
            " samples already, more than the ", samples_, " wanted; name another file");
    });
    if (ranks_.size() == 1) return;
    std::string done = cat(done_);
    ranks_.broadcast(done, 0);
    done_ = std::stoll(done);
  }

  void write() const { io::save_sums(job_.checkpoint, job_.sums, done_, job_.identity); }
  void save() {
    together_.save([&] { write(); });
  }
  void gather() {
    if (ranks_.size() > 1) ranks_.sum(job_.sums);
  }

  const SumJob& job_;
  dist::Communicator& ranks_;
  InStep together_;
  int64_t samples_ = std::numeric_limits<int64_t>::max();
  int64_t done_ = 0;
};

}  // namespace

int64_t measure_sum(const SumJob& job, dist::Communicator& ranks, const JobHooks& hooks) {
  return SumMeasurement(job, ranks, hooks).run();
}

}  // namespace sgan::metrics
