#include "lib/train/feed.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace sgan::train {
namespace {

using nlohmann::json;

// The batch sizes of a rank: what divides all of them, and the largest.
struct Sizes {
  int64_t unit, most;
};

Sizes sizes_of(const json& recipe, int ranks) {
  const json& growth = recipe.at("growth");
  const int64_t batch = recipe.at("batch").get<int64_t>() / ranks;
  if (!growth.is_object()) return {batch, batch};
  const json& table = growth.at(ranks == 1 ? "one_device" : "several_devices");
  const int64_t base = table.at("minibatch_base").get<int64_t>();
  Sizes sizes{base / ranks, base};
  for (const auto& [resolution, count] : table.at("minibatch").items()) {
    sizes.unit = std::gcd(sizes.unit, count.get<int64_t>() / ranks);
    sizes.most = std::max(sizes.most, count.get<int64_t>());
  }
  for (const auto& [resolution, count] : table.at("max_per_device").items()) {
    sizes.unit = std::gcd(sizes.unit, count.get<int64_t>());
  }
  return {std::max<int64_t>(sizes.unit, 1), sizes.most / ranks};
}

}  // namespace

Feed::Feed(std::shared_ptr<const io::Dataset> data, const json& recipe, int workers, uint64_t seed,
           int rank, int ranks) {
  const Sizes sizes = sizes_of(recipe, ranks);
  unit_ = sizes.unit;
  io::LoaderOptions l;
  l.workers = workers;
  l.seed = seed;
  l.rank = rank;
  l.ranks = ranks;
  l.prefetch = std::max(l.prefetch, 2 * sizes.most / unit_);
  loader_ = std::make_unique<io::Loader>(std::move(data), unit_, l);
}

io::Batch Feed::next(int64_t count) {
  if (count == unit_) return loader_->next();
  io::Batch all;
  for (int64_t done = 0; done < count; done += unit_) {
    const io::Batch part = loader_->next();
    const auto put = [&](rt::Tensor& whole, const rt::Tensor& rows) {
      if (!rows.defined()) return;
      rt::Shape shape = rows.shape();
      shape[0] = count;
      if (!whole.defined()) whole = rt::Tensor(shape, rows.dtype());
      whole.rows(done, done + unit_).copy_from(rows);
    };
    put(all.images, part.images);
    put(all.labels, part.labels);
  }
  return all;
}

}  // namespace sgan::train
