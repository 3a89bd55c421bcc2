// The order in which pictures are drawn.
#include "lib/io/dataset/sampler.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {

void run_dataset_sampler(const Golden& g, Report& report) {
  for (const json& c : g.document["cases"]) {
    io::EndlessSampler sampler(c["dataset_size"], c["rank"], c["num_replicas"], c["seed"],
                               c["window_size"], c["shuffle"]);
    std::vector<int64_t> got(c["first"].size());
    for (int64_t& index : got) index = sampler.next();
    report.check(cat(c["dataset_size"], " pictures, rank ", c["rank"], " of ", c["num_replicas"],
                     ", seed ", c["seed"]),
                 json(got) == c["first"], cat("got ", json(got).dump()));
  }
}

}  // namespace sgan::parity
