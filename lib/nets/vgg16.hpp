// VGG16's convolutions (1409.1556, configuration D), of which perceptual distances take features.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/nets/weights.hpp"

namespace sgan::nets {

// Official names (torchvision's `features.N.weight`, `.bias`) and shapes. `widths`: channels of the
// five stages. With `heads` also LPIPS's linear layers `lin<k>.model.1.weight`.
std::map<std::string, rt::Shape> vgg16_shapes(const std::vector<int64_t>& widths = {64, 128, 256,
                                                                                    512, 512},
                                              bool heads = false);

// Throws Error that names a tensor which `network` needs and which is missing or has another shape.
// Others do no harm.
void check_tensors(const TensorMap& tensors, const std::map<std::string, rt::Shape>& shapes,
                   std::string_view network);

class Vgg16 {
 public:
  static constexpr int stages = 5;
  // Pictures are at least so many pixels high and wide: four times halved a pixel is left.
  static constexpr int64_t least_size = 16;

  // Takes the widths of the stages from the tensors; throws Error as check_tensors does.
  Vgg16(const TensorMap& tensors, rt::Device device, rt::DType type = rt::DType::f32);

  const std::vector<int64_t>& widths() const { return widths_; }
  // x [N, H, W, 3] in -1..1 in units of the training data's standard deviation about its mean.
  static ag::Var normalized(const ag::Var& x);
  // relu1_2, relu2_2, relu3_3, relu4_3, relu5_3 of x [N, H, W, 3] in -1..1; [N, H >> k, W >> k, C].
  std::vector<ag::Var> taps(const ag::Var& x) const;

  // The same one after the other, so that none need be kept: visit(k, first, tap of the samples
  // from `first` on). Where nothing is differentiated early stages run on few samples at a time,
  // which takes less memory; whole groups of `group` samples stay together.
  using Visit = std::function<void(int k, int64_t first, const ag::Var& tap)>;
  void each_tap(const ag::Var& x, const Visit& visit, int64_t group = 1) const;

 private:
  struct Conv {
    ag::Var weight, bias;
  };
  std::vector<int64_t> widths_;
  std::vector<Conv> convs_[stages];
};

}  // namespace sgan::nets
