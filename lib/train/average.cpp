#include "lib/train/average.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/training.inl"
#include "lib/rt/launch.hpp"

namespace sgan::train {

double ema_beta(double batch, double nimg, double done, double rampup) {
  if (rampup >= 0) nimg = std::min(nimg, done * rampup);
  return std::pow(0.5, batch / std::max(nimg, 1e-8));
}

Average::Average(const std::map<std::string, ag::Var>& network) {
  for (const auto& [name, var] : network) tensors_[name] = var.value().clone();
}

void Average::update(const std::map<std::string, ag::Var>& network, double beta) {
  for (const auto& [name, var] : network) {
    rt::Tensor& mean = tensors_.at(name);
    const rt::Tensor& now = var.value();
    if (nets::is_buffer(name)) {
      mean.copy_from(now);
    } else if (now.dtype() == rt::DType::f64) {
      rt::launch(now.device(), now.numel(),
                 kernels::RunningMean<double>{beta, now.data<double>(), mean.data<double>()});
    } else {
      rt::launch(now.device(), now.numel(),
                 kernels::RunningMean<float>{float(beta), now.data<float>(), mean.data<float>()});
    }
    mean.storage().drop_derived();
  }
}

nets::TensorMap Average::official() const {
  std::map<std::string, ag::Var> vars;
  for (const auto& [name, t] : tensors_) vars[name] = t;
  return official_tensors(vars);
}

void Average::restore(const nets::TensorMap& official) {
  for (auto& [name, mean] : tensors_) {
    const auto found = official.find(name);
    check(found != official.end(), "the averaged generator has no '", name, "'");
    mean.copy_from(nets::to_channels_last(found->second.to(mean.dtype())));
  }
}

}  // namespace sgan::train
