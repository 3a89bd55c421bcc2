// What generators and discriminators minimise. Losses are per picture, [N, 1]; means over the batch
// are the caller's.
#pragma once

#include <functional>
#include <string_view>

#include "lib/ag/var.hpp"

namespace sgan::train {

using ag::Var;

// logistic: non-saturating for G (Goodfellow, 1406.2661, section 3); logistic_saturating: the same
// D, and G as in the minimax game; wgan: 1701.07875; hinge: 1802.05957, appendix.
enum class Loss { logistic, logistic_saturating, wgan, hinge };
Loss parse_loss(std::string_view name);  // throws Error with the names
std::string_view name_of(Loss loss);

// Of scores [N, 1] of generated pictures.
Var generator_loss(Loss loss, const Var& fake);
// Of scores [N, 1]; `drift` is the weight of the real scores' squares (1710.10196, appendix A.1),
// 0: none.
Var discriminator_loss(Loss loss, const Var& fake, const Var& real, double drift = 0);
// log(1 + exp(x)), exact in both tails.
Var softplus(const Var& x);

// The two sums of which the second is of one kind of picture alone, so that the passes of real and
// of generated pictures can be differentiated one after the other.
Var discriminator_loss_fake(Loss loss, const Var& fake);
Var discriminator_loss_real(Loss loss, const Var& real, double drift = 0);

// Cross-entropy [N, 1] of the softmax of logits [N, L] against labels [N, L] (AC-GAN, 1610.09585).
Var label_loss(const Var& logits, const Var& labels);

// Scores [N, 1] of pictures [N, ...]; picture n alone decides on score n, or nearly so.
using Score = std::function<Var(const Var&)>;

// gamma / 2 * squared norm of the score's gradient in the picture, [N, 1]: R1 when the pictures are
// real, R2 when they are generated (1801.04406). Differentiable in the weights and, where `images`
// need gradients, in the pictures.
Var gradient_penalty(const Score& score, const Var& images, double gamma);
// The same where the scores of the pictures, which need gradients, are there already.
Var gradient_penalty(const Var& scores, const Var& images, double gamma);

// reals + u (fakes - reals), u [N, 1, 1, 1] in 0..1; a constant.
Var mix_images(const Var& reals, const Var& fakes, const Var& u);
// lambda / target^2 * (norm of the score's gradient - target)^2 at `mixed` (WGAN-GP, 1704.00028),
// [N, 1].
Var norm_penalty(const Score& score, const Var& mixed, double lambda, double target = 1);
// Norms [N, 1] of the score's gradients. Where a gradient is zero, so is the norm's derivative.
Var gradient_norms(const Score& score, const Var& images);

}  // namespace sgan::train
