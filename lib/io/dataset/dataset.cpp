#include "lib/io/dataset/dataset.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "lib/io/dataset/labels.hpp"
#include "lib/io/dataset/pictures.hpp"
#include "lib/rt/memory.hpp"
#include "lib/rt/numpy_random.hpp"

namespace sgan::io {
namespace {

constexpr uint64_t kMaxCache = uint64_t{1} << 30;

std::string describe(const PictureSize& s) {
  const char* colour = s.channels == 1 ? "grey" : s.channels == 3 ? "RGB" : "";
  return cat(s.width, "x", s.height, " ", colour,
             *colour ? "" : cat(s.channels, " channels").c_str());
}

// Decoded pictures as they are first needed. A picture that two threads want at once is decoded
// twice and kept once.
class Cache {
 public:
  Cache(size_t count, size_t stride)
      : stride_(stride),
        pixels_(std::make_unique_for_overwrite<uint8_t[]>(count * stride)),
        states_(count) {}
  const uint8_t* find(size_t i) const {
    return states_[i].load(std::memory_order_acquire) == kThere ? pixels_.get() + i * stride_
                                                                : nullptr;
  }
  void keep(size_t i, const uint8_t* pixels) {
    uint8_t expected = kEmpty;
    if (!states_[i].compare_exchange_strong(expected, kBusy)) return;
    std::memcpy(pixels_.get() + i * stride_, pixels, stride_);
    states_[i].store(kThere, std::memory_order_release);
  }

 private:
  static constexpr uint8_t kEmpty = 0, kBusy = 1, kThere = 2;
  size_t stride_;
  std::unique_ptr<uint8_t[]> pixels_;  // untouched parts cost nothing
  std::vector<std::atomic<uint8_t>> states_;
};

class PictureDataset : public Dataset {
 public:
  PictureDataset(std::unique_ptr<Pictures> pictures, const DatasetOptions& options)
      : pictures_(std::move(pictures)), mirror_(options.mirror) {
    info_.path = pictures_->path();
    info_.name = std::filesystem::path(info_.path).stem().string();
    check_sizes();
    read_labels(options.labels);
    choose(options);
    info_.hash = hash();
    const uint64_t bytes = uint64_t(pictures_->count()) * stride();
    if (!pictures_->ready(0) && bytes <= kMaxCache && bytes <= rt::memory_available(rt::cpu) / 4)
      cache_ = std::make_unique<Cache>(pictures_->count(), stride());
  }

  void read(int64_t index, uint8_t* pixels) const override {
    const size_t raw = raw_of(index);
    const uint8_t* ready = pictures_->ready(raw);
    if (!ready && cache_) ready = cache_->find(raw);
    if (ready) {
      std::memcpy(pixels, ready, stride());
    } else {
      decode(raw, pixels);
      if (cache_) cache_->keep(raw, pixels);
    }
    if (mirror_ && index >= int64_t(chosen_.size())) turn(pixels);
  }

  void label(int64_t index, float* row) const override {
    if (info_.label_dim > 0) labels_.row(raw_of(index), row);
  }

  const std::string& name(int64_t index) const override {
    return pictures_->names()[raw_of(index)];
  }

 private:
  size_t stride() const {
    return size_t(info_.resolution) * size_t(info_.resolution) * size_t(info_.channels);
  }
  size_t raw_of(int64_t index) const {
    check(index >= 0 && index < info_.count, info_.path, ": no picture ", index, " of ",
          info_.count);
    return chosen_[size_t(index) % chosen_.size()];
  }

  // All pictures square and alike, without decoding them.
  void check_sizes() {
    std::vector<PictureSize> sizes;
    for (size_t i = 0; i < pictures_->count(); ++i) sizes.push_back(pictures_->size(i));
    const PictureSize usual = usual_size(sizes);
    for (size_t i = 0; i < sizes.size(); ++i) {
      const PictureSize& s = sizes[i];
      check(s.alpha < 0, pictures_->title(i),
            ": has an alpha channel; make a data set without by sgan-data --flatten white");
      check(s.channels == 1 || s.channels == 3, pictures_->title(i), ": has ", s.channels,
            " channels, not 1 (grey) or 3 (RGB)");
      check(s.width == usual.width && s.height == usual.height && s.channels == usual.channels,
            pictures_->title(i), ": is ", describe(s), ", others are ", describe(usual),
            "; sgan-data makes a data set of one size and kind");
      check(s.width == s.height, pictures_->title(i), ": is ", describe(s),
            ", not square; sgan-data --transform center-crop makes it so");
    }
    info_.resolution = usual.width;
    info_.channels = usual.channels;
  }

  void read_labels(bool wanted) {
    const std::string what = cat(info_.path, ": dataset.json");
    if (!pictures_->labels_text().empty())
      labels_ = parse_labels(pictures_->labels_text(), pictures_->names(), what);
    info_.has_labels = labels_.dim > 0;
    info_.class_names = labels_.names;
    if (labels_.classes.empty()) {
      info_.label_numbers = labels_.dim;
    } else {
      info_.class_counts.assign(size_t(labels_.dim), 0);
      for (const int64_t label : labels_.classes) ++info_.class_counts[size_t(label)];
    }
    check(!wanted || info_.has_labels, info_.path,
          ": has no labels (no dataset.json with \"labels\"), and they are asked for");
    if (wanted) info_.label_dim = labels_.dim;
  }

  void choose(const DatasetOptions& options) {
    chosen_.resize(pictures_->count());
    std::iota(chosen_.begin(), chosen_.end(), uint32_t{0});
    if (options.max_images > 0 && options.max_images < int64_t(chosen_.size())) {
      rt::NumpyRandom random{uint32_t(options.subset_seed)};
      random.shuffle(std::span(chosen_));
      chosen_.resize(size_t(options.max_images));
      std::sort(chosen_.begin(), chosen_.end());
    }
    info_.count = int64_t(chosen_.size()) * (mirror_ ? 2 : 1);
  }

  std::string hash() const {
    DatasetHash hash;
    for (size_t i = 0; i < pictures_->count(); ++i) {
      hash.add(pictures_->names()[i], pictures_->bytes(i), pictures_->checksum(i), labels_.text(i));
    }
    return hash.hex();
  }

  void decode(size_t raw, uint8_t* pixels) const {
    DecodedPicture picture = pictures_->decode(raw);
    check(picture.width == info_.resolution && picture.height == info_.resolution &&
              picture.channels == info_.channels,
          pictures_->title(raw), ": is ", describe(picture), ", others are ", info_.resolution, "x",
          info_.resolution, " with ", info_.channels, " channels");
    to_8_bits(picture);
    std::memcpy(pixels, picture.pixels.data(), stride());
  }

  void turn(uint8_t* pixels) const {
    const size_t side = size_t(info_.resolution), channels = size_t(info_.channels);
    for (size_t y = 0; y < side; ++y) {
      uint8_t* row = pixels + y * side * channels;
      for (size_t x = 0; x < side / 2; ++x)
        std::swap_ranges(row + x * channels, row + (x + 1) * channels,
                         row + (side - 1 - x) * channels);
    }
  }

  std::unique_ptr<Pictures> pictures_;
  bool mirror_;
  LabelTable labels_;
  std::vector<uint32_t> chosen_;  // indices into pictures_, ascending
  std::unique_ptr<Cache> cache_;
};

}  // namespace

std::unique_ptr<Dataset> open_dataset(const std::string& path, const DatasetOptions& options) {
  auto pictures = open_pictures(path);
  check(pictures->count() < uint64_t{1} << 32, path, ": more than 2^32 pictures");
  return std::make_unique<PictureDataset>(std::move(pictures), options);
}

}  // namespace sgan::io
