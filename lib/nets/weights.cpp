#include "lib/nets/weights.hpp"

namespace sgan::nets {

rt::Tensor to_channels_last(const rt::Tensor& t) {
  if (t.rank() == 4) return t.permute({0, 2, 3, 1});
  if (t.rank() == 3) return t.permute({1, 2, 0});
  return t;
}

rt::Tensor to_channels_first(const rt::Tensor& t) {
  if (t.rank() == 4) return t.permute({0, 3, 1, 2});
  if (t.rank() == 3) return t.permute({2, 0, 1});
  return t;
}

bool is_buffer(std::string_view name) {
  for (const char* tail :
       {"w_avg", "dlatent_avg", "magnitude_ema", "noise_const", "input.freqs", "input.phases",
        "input.transform", "resample_filter", "up_filter", "down_filter"}) {
    if (name.ends_with(tail)) return true;
  }
  return name == "lod" || name.starts_with("synthesis/noise");
}

Weights::Weights(const TensorMap& tensors, rt::Device device, rt::DType type, std::string prefix,
                 bool trainable)
    : tensors_(&tensors),
      device_(device),
      type_(type),
      prefix_(std::move(prefix)),
      trainable_(trainable) {}

Weights Weights::recording(std::map<std::string, rt::Shape>& shapes) {
  static const TensorMap none;
  Weights weights(none, rt::meta, rt::DType::f32);
  weights.recorded_ = &shapes;
  return weights;
}

bool Weights::has(const std::string& name) const { return tensors_->count(prefix_ + name) > 0; }

const rt::Tensor& Weights::find(const std::string& full, const rt::Shape& shape) const {
  const auto found = tensors_->find(full);
  check(found != tensors_->end(), "the model has no tensor '", full,
        "', which its settings call for");
  const rt::Tensor& t = found->second;
  check(t.shape() == shape, "tensor '", full, "' has shape ", t.shape(),
        ", but the model's settings call for ", shape);
  return t;
}

ops::Filter Weights::filter(const std::string& name, const rt::Shape& shape) const {
  return ops::Filter::from(find(prefix_ + name, shape));
}

ag::Var Weights::get(const std::string& name, const rt::Shape& shape) {
  const std::string full = prefix_ + name;
  if (const auto known = used_.find(full); known != used_.end()) return known->second;
  if (recorded_) (*recorded_)[full] = shape;
  const rt::Tensor t = recorded_ ? rt::Tensor(shape, type_, rt::meta) : find(full, shape);
  const rt::Tensor ours = to_channels_last(t.to(type_)).to(device_);
  // Training changes its tensors in place: the caller's stay what they are.
  const bool shared = !ours.device().is_meta() && &ours.storage() == &t.storage();
  const ag::Var v = trainable_ ? ag::Var::leaf(shared ? ours.clone() : ours) : ag::Var(ours);
  return used_.emplace(full, v).first->second;
}

}  // namespace sgan::nets
