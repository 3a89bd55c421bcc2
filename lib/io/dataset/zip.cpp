// A zip of picture files in the official layout: members stored or deflated, dataset.json beside
// them.
#include <algorithm>
#include <mutex>

#include "lib/io/dataset/encoded.hpp"
#include "lib/io/mapped_file.hpp"
#include "lib/io/pickle/zip.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

class ZipPictures : public EncodedPictures {
 public:
  explicit ZipPictures(const std::string& path) : file_(path), archive_(file_.bytes(), path) {
    path_ = path;
    bool labelled = false;
    for (const std::string& name : archive_.names()) {
      if (name.ends_with('/')) continue;
      if (name == "dataset.json") {
        check(!labelled, path, ": dataset.json is in the archive twice");
        labelled = true;
        labels_text_ = archive_.read(name, size_t{1} << 32);
      } else if (has_picture_name(name)) {
        names_.push_back(name);
      } else {
        others_.push_back(name);
      }
    }
    std::sort(names_.begin(), names_.end());
    const auto twice = std::adjacent_find(names_.begin(), names_.end());
    check(twice == names_.end(), path, ": ", twice == names_.end() ? "" : *twice,
          " is in the archive twice");
    check(!names_.empty(), path, ": no pictures in this zip archive",
          others_.empty() ? "" : cat(", but ", others_[0], advice(others_[0])));
  }

  uint64_t bytes(size_t i) const override { return archive_.size(names_[i]); }
  // As the archive states it; reading a member checks it.
  uint32_t checksum(size_t i) const override { return archive_.checksum(names_[i]); }

 protected:
  std::string read(size_t i, bool header) const override {
    const std::lock_guard lock(mutex_);
    if (header) {
      const std::string start = archive_.head(names_[i], kHeader);
      if (header_is_enough(start)) return start;
    }
    return archive_.read(names_[i], kMaxFile);
  }

 private:
  static std::string advice(const std::string& other) {
    if (other.ends_with(".pkl")) return "; PyTorch checkpoints are read with sgan-import";
    return other.ends_with(".npy") ? "; a single array can be taken out of an NPZ" : "";
  }

  MappedFile file_;
  pickle::ZipArchive archive_;  // not thread-safe
  mutable std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Pictures> open_picture_zip(const std::string& path) {
  return std::make_unique<ZipPictures>(path);
}

}  // namespace sgan::io
