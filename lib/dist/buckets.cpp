#include "lib/dist/buckets.hpp"

#include <utility>

namespace sgan::dist {

void Buckets::add(const rt::Tensor& gradient) {
  if (ranks_.size() == 1 || gradient.numel() == 0) return;
  const bool fits = open_.empty() ||
                    (open_[0].dtype() == gradient.dtype() &&
                     open_[0].device() == gradient.device() && filled_ + gradient.bytes() <= room_);
  if (!fits) send();
  open_.push_back(gradient);
  filled_ += gradient.bytes();
  if (filled_ >= room_) send();
}

void Buckets::send() {
  if (open_.empty()) return;
  Bucket bucket;
  bucket.parts = std::exchange(open_, {});
  filled_ = 0;
  if (bucket.parts.size() == 1) {
    bucket.flat = bucket.parts[0];
  } else {
    int64_t total = 0, at = 0;
    for (const rt::Tensor& part : bucket.parts) total += part.numel();
    const rt::Tensor& first = bucket.parts[0];
    bucket.flat = rt::Tensor({total}, first.dtype(), first.device());
    for (const rt::Tensor& part : bucket.parts) {
      bucket.flat.rows(at, at + part.numel()).copy_from(part.reshape({part.numel()}));
      at += part.numel();
    }
  }
  ranks_.average(bucket.flat);
  sent_.push_back(std::move(bucket));
}

void Buckets::finish() {
  if (ranks_.size() == 1) return;
  send();
  ranks_.wait();
  for (const Bucket& bucket : sent_) {
    if (bucket.parts.size() == 1) continue;
    int64_t at = 0;
    for (const rt::Tensor& part : bucket.parts) {
      part.reshape({part.numel()}).copy_from(bucket.flat.rows(at, at + part.numel()));
      part.storage().drop_derived();
      at += part.numel();
    }
  }
  sent_.clear();
}

}  // namespace sgan::dist
