#include "lib/train/augment/controller.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/rt/error.hpp"

namespace sgan::train {

AugmentController::AugmentController(const AugmentControl& control)
    : control_(control), p_(control.p) {
  check(control.p >= 0 && std::isfinite(control.p), "augmentation probability ", control.p,
        ": from 0");
  check(!control.adaptive || (control.interval > 0 && control.kimg > 0 && control.target >= -1 &&
                              control.target <= 1),
        "adaptive augmentation needs an interval and kimg above 0 and a target from -1 to 1");
}

void AugmentController::add(double signs, double count) {
  check(std::abs(signs) <= count, "augmentation: a sum of ", count, " signs is not ", signs);
  signs_ += signs;
  count_ += count;
}

bool AugmentController::step(int64_t images) {
  if (!control_.adaptive) {
    signs_ = count_ = 0;
    return false;
  }
  images_ += images;
  if (++batches_ < control_.interval) return false;
  if (count_ > 0) {
    r_ = signs_ / count_;
    const double direction = r_ > control_.target ? 1 : r_ < control_.target ? -1 : 0;
    p_ = std::max(p_ + direction * double(images_) / (control_.kimg * 1000), 0.0);
  }
  signs_ = count_ = 0;
  images_ = batches_ = 0;
  return true;
}

nlohmann::json AugmentController::state() const {
  return {{"p", p_},         {"r", r_},           {"signs", signs_},
          {"count", count_}, {"images", images_}, {"batches", batches_}};
}

void AugmentController::restore(const nlohmann::json& state) {
  const auto number = [&](const char* name) {
    const auto at = state.is_object() ? state.find(name) : state.end();
    check(state.is_object() && at != state.end() && at->is_number(),
          "state of augmentation: no number '", name, "'");
    return at->get<double>();
  };
  const double p = number("p"), r = number("r"), signs = number("signs"), count = number("count"),
               images = number("images"), batches = number("batches");
  check(p >= 0 && std::abs(signs) <= count && std::abs(r) <= 1 && images >= 0 && images < 1e15 &&
            batches >= 0 && batches < 1e9,
        "state of augmentation: numbers out of range");
  p_ = p;
  r_ = r;
  signs_ = signs;
  count_ = count;
  images_ = int64_t(images);
  batches_ = int(batches);
}

}  // namespace sgan::train
