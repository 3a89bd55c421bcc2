// A network that judges pictures, whichever it is: VGG16 with LPIPS's weights, Inception-v3, or a
// classifier of attributes. What it cannot give it refuses by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/io/model.hpp"
#include "lib/nets/classifier.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Pictures are [N, H, W, C] with values 0..255, C 1 or 3, float32 on any device; grey ones are
// repeated, and sizes settled, as the network wants it. Results are on the CPU.
class Features {
 public:
  virtual ~Features() = default;

  // Throws Error when the file is none of a feature network or does not fit together.
  static std::unique_ptr<Features> open(const io::ModelFile& file, rt::Device device);

  const std::string& name() const { return name_; }  // what results are labelled with
  const std::string& hash() const { return hash_; }
  const std::string& path() const { return path_; }
  // Whether it is the network that published figures of that kind were taken with.
  virtual bool is_published() const { return true; }

  virtual bool has_distance() const { return false; }
  virtual bool has_pool() const { return false; }
  // Perceptual distances of pairs, [N] float32.
  virtual rt::Tensor distance(const rt::Tensor& a, const rt::Tensor& b) const;
  // [N, D] float32, what distributions are compared in.
  virtual rt::Tensor pool(const rt::Tensor& pictures) const;
  virtual int64_t pool_size() const;
  // [N, K] float32, of a softmax; for the inception score.
  virtual rt::Tensor probabilities(const rt::Tensor& pictures) const;
  virtual int64_t classes() const;
  // pool() and probabilities() of one pass.
  virtual std::pair<rt::Tensor, rt::Tensor> both(const rt::Tensor& pictures) const;
  // Attributes that it tells, and its outputs [N, all of them] float32: nets::class_logits().
  virtual const std::vector<nets::Attribute>& attributes() const;
  virtual rt::Tensor outputs(const rt::Tensor& pictures) const;

 protected:
  [[noreturn]] void lacks(const char* what, const char* instead) const;
  std::string name_, hash_, path_;
};

// Which feature file of those that there are: `wish` is a file or a directory of them; the first
// one in it of a network in `networks` ("vgg16-lpips", "inception-v3", "classifier") is taken.
// Throws Error that says what to do when there is none.
std::string find_features(const std::string& wish, const std::vector<std::string>& networks);
// All of one network: the file itself, or those of a directory by name, none perhaps.
std::vector<std::string> find_all_features(const std::string& wish, const std::string& network);
// "vgg16-lpips", ... of a feature file; throws Error for any other file.
std::string feature_network(const io::ModelFile& file);

}  // namespace sgan::metrics
