// The batches of a run, which change their size as networks grow.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "lib/io/dataset/dataset.hpp"

namespace sgan::train {

class Feed {
 public:
  // This rank's part of the data, in the order of the seed; `recipe` says which batches will come.
  Feed(std::shared_ptr<const io::Dataset> data, const nlohmann::json& recipe, int workers,
       uint64_t seed, int rank, int ranks);

  // `count`: a batch size of the recipe, divided by the ranks.
  io::Batch next(int64_t count);
  int64_t position() const { return loader_->position(); }  // of this rank
  void seek(int64_t position) { loader_->seek(position); }

 private:
  int64_t unit_;  // pictures that the loader hands out at once
  std::unique_ptr<io::Loader> loader_;
};

}  // namespace sgan::train
