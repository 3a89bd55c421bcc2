#include "lib/train/losses.hpp"

#include <array>

#include "lib/ops/bias_act.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

constexpr std::array<std::pair<std::string_view, Loss>, 4> names{
    {{"logistic", Loss::logistic},
     {"logistic_saturating", Loss::logistic_saturating},
     {"wgan", Loss::wgan},
     {"hinge", Loss::hinge}}};

Var negative(const Var& x) { return ops::scale(x, -1); }

Var relu(const Var& x) { return ops::bias_act(x, {}, {.act = ops::Act::relu}); }

Var sum_per_sample(const Var& x) {
  const int64_t n = x.size(0);
  return ops::sum(ops::reshape(x, {n, -1}), {1});
}

// Squared norms of every score's gradient in its picture, themselves differentiable.
Var squared_norms(const Var& scores, const Var& images) {
  check(ag::recording() && images.needs_grad(), "a gradient penalty without gradients");
  const Var g = ag::grad(scores, std::array{images}, {}, true)[0];
  if (!g.defined()) return rt::Tensor::zeros({images.size(0), 1}, images.dtype(), images.device());
  return sum_per_sample(ops::square(g));
}

Var squared_norms(const Score& score, const Var& images) {
  const Var x = images.needs_grad() ? images : Var::leaf(images.value());
  return squared_norms(score(x), x);
}

// log(sum(exp(x))) over the second axis, [N, 1]: halves are merged, log(e^a + e^b) = a + softplus(b
// - a), so that nothing overflows and nothing has to be known of the values.
Var log_sum_exp(Var x) {
  while (x.size(1) > 1) {
    const int64_t size = x.size(1), half = size / 2;
    const Var a = ops::slice(x, 1, 0, half), b = ops::slice(x, 1, half, 2 * half);
    const Var merged = ops::add(a, softplus(ops::subtract(b, a)));
    x = size % 2 ? ops::concat({merged, ops::slice(x, 1, size - 1, size)}, 1) : merged;
  }
  return x;
}

}  // namespace

Loss parse_loss(std::string_view name) {
  for (const auto& [known, loss] : names) {
    if (known == name) return loss;
  }
  fail("loss '", name, "' is not one of logistic, logistic_saturating, wgan, hinge");
}

std::string_view name_of(Loss loss) {
  for (const auto& [name, known] : names) {
    if (known == loss) return name;
  }
  fail("loss ", int(loss), " has no name");
}

Var softplus(const Var& x) { return ops::bias_act(x, {}, {.act = ops::Act::softplus}); }

Var generator_loss(Loss loss, const Var& fake) {
  switch (loss) {
    case Loss::logistic:
      return softplus(negative(fake));
    case Loss::logistic_saturating:
      return negative(softplus(fake));
    case Loss::wgan:
    case Loss::hinge:
      return negative(fake);
  }
  fail("loss ", int(loss));
}

Var discriminator_loss_fake(Loss loss, const Var& fake) {
  switch (loss) {
    case Loss::logistic:
    case Loss::logistic_saturating:
      return softplus(fake);
    case Loss::wgan:
      return fake;
    case Loss::hinge:
      return relu(ops::affine(fake, 1, 1));
  }
  fail("loss ", int(loss));
}

Var discriminator_loss_real(Loss loss, const Var& real, double drift) {
  const auto own = [&] {
    switch (loss) {
      case Loss::logistic:
      case Loss::logistic_saturating:
        return softplus(negative(real));
      case Loss::wgan:
        return negative(real);
      case Loss::hinge:
        return relu(ops::affine(real, -1, 1));
    }
    fail("loss ", int(loss));
  };
  return drift == 0 ? own() : ops::add(own(), ops::scale(ops::square(real), drift));
}

Var discriminator_loss(Loss loss, const Var& fake, const Var& real, double drift) {
  return ops::add(discriminator_loss_fake(loss, fake), discriminator_loss_real(loss, real, drift));
}

Var label_loss(const Var& logits, const Var& labels) {
  check(logits.rank() == 2 && labels.shape() == logits.shape(), "labels of shape ", labels.shape(),
        " for logits of shape ", logits.shape());
  const Var all = ops::multiply(ops::sum(labels, {1}), log_sum_exp(logits));
  return ops::subtract(all, ops::sum(ops::multiply(labels, logits), {1}));
}

Var gradient_penalty(const Score& score, const Var& images, double gamma) {
  return ops::scale(squared_norms(score, images), gamma / 2);
}

Var gradient_penalty(const Var& scores, const Var& images, double gamma) {
  return ops::scale(squared_norms(scores, images), gamma / 2);
}

Var mix_images(const Var& reals, const Var& fakes, const Var& u) {
  const ag::NoGrad no_grad;
  return ops::add(reals, ops::multiply(ops::subtract(fakes, reals), u)).detach();
}

// The root has no derivative at zero; below the square of a norm of 1e-15 it is held constant,
// which does not show elsewhere, in float32 either.
Var gradient_norms(const Score& score, const Var& images) {
  constexpr double least = 1e-30;
  const Var squares = squared_norms(score, images);
  return ops::sqrt(ops::affine(relu(ops::affine(squares, 1, -least)), 1, least));
}

Var norm_penalty(const Score& score, const Var& mixed, double lambda, double target) {
  check(target > 0, "WGAN-GP's target norm is ", target, "; it must be positive");
  const Var excess = ops::affine(gradient_norms(score, mixed), 1, -target);
  return ops::scale(ops::square(excess), lambda / (target * target));
}

}  // namespace sgan::train
