// Inception-v3 as the Frechet inception distance uses it (1706.08500): the network of the graph of
// 2015-12-05 with its own way of resizing.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "lib/nets/inception_layout.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::nets {

// Official names (pytorch-fid's) and shapes of what it needs: without `num_batches_tracked`.
std::map<std::string, rt::Shape> inception_shapes();

class Inception {
 public:
  // Throws Error that names a tensor which is missing or has another shape.
  Inception(const TensorMap& tensors, rt::Device device, rt::DType type = rt::DType::f32);

  struct Result {
    ag::Var pool;                     // [N, 2048]
    ag::Var logits_unbiased, logits;  // [N, 1008]; without and with the bias
  };
  // Called with the names of convolutions of the stem, pools (`MaxPool_1`, ...) and blocks
  // (`Mixed_5b`, ...) and what they give, [N, H, W, C]; for tests.
  using Probe = std::function<void(const std::string& name, const ag::Var& value)>;

  // images [N, H, W, 3] of any size with values 0..255, resized to 299 x 299 as TensorFlow 1 does.
  Result run(const ag::Var& images, const Probe& probe = {}) const;

  // That resizing: [N, H, W, C] -> [N, 299, 299, C].
  static ag::Var resized(const ag::Var& images);

 private:
  struct Conv {
    ag::Var weight, bias;  // the batch norm taken in
  };
  Conv folded(const TensorMap& tensors, const std::string& name) const;
  ag::Var convolved(const ag::Var& x, const std::string& name, const inception::Conv& conv) const;
  ag::Var averaged(const ag::Var& x, const std::string& name) const;
  ag::Var through(const ag::Var& x, const inception::Block& block) const;

  rt::Device device_;
  rt::DType type_;
  std::map<std::string, Conv> convs_;
  ag::Var fc_weight_, fc_bias_;
};

}  // namespace sgan::nets
