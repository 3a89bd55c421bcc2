#include "lib/dist/buckets.hpp"

namespace sgan::dist {

void Buckets::add(size_t number, const rt::Tensor& gradient) {
  if (ranks_.size() > 1 && !open_.empty()) {
    const rt::Tensor& first = open_[0].second;
    const bool fits = first.dtype() == gradient.dtype() && first.device() == gradient.device() &&
                      filled_ + gradient.bytes() <= room_;
    if (!fits) send();
  }
  open_.emplace_back(number, gradient);
  filled_ += gradient.bytes();
  tag_ = (tag_ ^ uint32_t(number)) * 16777619u;  // FNV-1
  if (ranks_.size() > 1 && filled_ >= room_) send();
}

void Buckets::send() {
  if (open_.empty()) return;
  Bucket bucket{std::exchange(open_, {}), {}};
  filled_ = 0;
  int64_t total = 0, at = 0;
  for (const auto& [number, part] : bucket.parts) total += part.numel();
  const rt::Tensor& first = bucket.parts[0].second;
  bucket.flat = rt::Tensor({total}, first.dtype(), first.device());
  for (const auto& [number, part] : bucket.parts) {
    bucket.flat.rows(at, at + part.numel()).copy_from(part.reshape({part.numel()}));
    at += part.numel();
  }
  ranks_.average(bucket.flat, std::exchange(tag_, 0));
  sent_.push_back(std::move(bucket));
}

Numbered Buckets::finish() {
  if (ranks_.size() == 1) {
    tag_ = 0;
    filled_ = 0;
    return std::exchange(open_, {});
  }
  send();
  ranks_.wait();
  Numbered averages;
  for (const Bucket& bucket : std::exchange(sent_, {})) {
    int64_t at = 0;
    for (const auto& [number, part] : bucket.parts) {
      averages.emplace_back(number, bucket.flat.rows(at, at + part.numel()).reshape(part.shape()));
      at += part.numel();
    }
  }
  return averages;
}

}  // namespace sgan::dist
