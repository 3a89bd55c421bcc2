// Square pictures of one size with optional labels, to train on or to measure against: a folder, a
// zip in the official layout, or an array file (NPY or our stream) that needs no picture library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::io {

struct DatasetOptions {
  bool labels = false;     // read dataset.json's labels; an Error when there are none
  int64_t max_images = 0;  // keep a random subset, as the official loader; 0: all
  uint64_t subset_seed = 0;
  bool mirror = false;  // append every picture mirrored
};

struct DatasetInfo {
  std::string name;  // of the file or folder, without extension
  std::string path;
  int64_t count = 0;  // pictures, mirrored ones included
  int resolution = 0, channels = 0;
  int label_dim = 0;        // 0: unlabelled
  std::string hash;         // SHA-256 over names, picture bytes and labels
  bool has_labels = false;  // whether the source has labels, used or not
  // Of the source's labels, used or not: pictures of each class, where they are classes; numbers
  // in each, where they are lists. The names of classes, where the source tells them.
  std::vector<int64_t> class_counts;
  int label_numbers = 0;
  std::vector<std::string> class_names;
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  const DatasetInfo& info() const { return info_; }
  // Picture `index` as bytes [H, W, C] into `pixels`. Thread-safe. Throws Error that names the
  // file.
  virtual void read(int64_t index, uint8_t* pixels) const = 0;
  // Row of label_dim numbers (one-hot for classes); nothing when unlabelled.
  virtual void label(int64_t index, float* row) const = 0;
  // The picture's file name inside the data set, with "/" between folders.
  virtual const std::string& name(int64_t index) const = 0;

 protected:
  DatasetInfo info_;
};

// Throws Error that names the offending file: empty, odd-sized, labels of missing pictures,
// damaged.
std::unique_ptr<Dataset> open_dataset(const std::string& path, const DatasetOptions& options = {});

struct Batch {
  rt::Tensor images;  // bytes [N, H, W, C]
  rt::Tensor labels;  // float32 [N, label_dim] or undefined
};

struct LoaderOptions {
  int workers = 2;       // threads that decode
  int64_t prefetch = 4;  // batches ahead
  uint64_t seed = 0;
  int rank = 0, ranks = 1;  // this process's share of the official sampler's order
  double window = 0.5;      // shuffle window, as a share of the data set
};

// Endless batches in the official sampler's order (golden dataset_sampler.json), decoded ahead in
// worker threads.
class Loader {
 public:
  Loader(std::shared_ptr<const Dataset> data, int64_t batch, const LoaderOptions& options);
  ~Loader();
  Batch next();  // throws the Error of a picture that cannot be read
  // Samples this rank has handed out; seek() goes on from there as if they had been read.
  int64_t position() const;
  void seek(int64_t position);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sgan::io
