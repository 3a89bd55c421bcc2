// What a run reports between two ticks: of every name the count, mean and standard deviation of all
// values, over all ranks.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/dist/communicator.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::train {

struct Moments {
  double num = 0, mean = 0, std = 0;  // std over the population, as the official tool has it
  double nonfinite = 0;  // of num, how many were NaN or infinite; mean and std then are so too
};
using Summary = std::map<std::string, Moments>;

class Stats {
 public:
  void report(const std::string& name, double value);
  void report(const std::string& name, std::span<const double> values);
  // Every element. One on a GPU is read at the next take(), so that nothing waits for it now; its
  // contents must stay until then.
  void report(const std::string& name, const rt::Tensor& values);
  // The name is there in take(), with num 0 and mean NaN, even where nobody reports it.
  void declare(const std::string& name) { totals_[name]; }

  // Adds up what all ranks reported, so that take() says the same everywhere. All ranks call it.
  void reduce(dist::Communicator& ranks);
  // The moments of everything since the last take().
  Summary take();

  // For checkpoints and reductions: four doubles (count, sum, sum of squares, count of values that
  // are not finite) a name, in the order of names().
  std::vector<std::string> names();
  std::vector<double> totals();
  void set(const std::vector<std::string>& names, std::span<const double> totals);

 private:
  using Totals = std::array<double, 4>;
  void read_pending();
  std::map<std::string, Totals> totals_;
  std::vector<std::pair<std::string, rt::Tensor>> pending_;
};

}  // namespace sgan::train
