// A folder of picture files, with those in sub-folders; dataset.json at its top holds the labels.
#include <algorithm>
#include <filesystem>

#include "lib/io/dataset/encoded.hpp"
#include "lib/io/source.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

namespace fs = std::filesystem;

class FolderPictures : public EncodedPictures {
 public:
  explicit FolderPictures(const std::string& path) {
    path_ = path;
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
    std::error_code error;
    fs::recursive_directory_iterator at(path_, fs::directory_options::follow_directory_symlink,
                                        error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      const std::string name = at->path().string().substr(path_.size() + !path_.ends_with('/'));
      check(at.depth() < 64, path_, ": ", name, ": folders inside each other without end");
      std::error_code gone;
      if (at->is_directory(gone)) {
        if (!leads_back(at)) continue;
        at.disable_recursion_pending();
        others_.push_back(name);
      } else if (at->exists(gone) && !at->is_regular_file(gone)) {
        others_.push_back(name);  // a fifo would be waited for
      } else if (name == "dataset.json") {
        labels_text_ = open_input(at->path().string())->read_all(size_t{1} << 32);
      } else if (has_picture_name(name)) {
        names_.push_back(name);
      } else {
        others_.push_back(name);
      }
    }
    check(!error, path_, ": cannot be listed: ", error.message());
    std::sort(names_.begin(), names_.end());
    std::sort(others_.begin(), others_.end());
    check(!names_.empty(), path_, ": no pictures in this folder",
          others_.empty() ? ""
                          : cat(" (", others_.size(), " other files, such as ", others_[0], ")"));
  }

  uint64_t bytes(size_t i) const override {
    std::error_code error;
    const auto size = fs::file_size(path_ + "/" + names_[i], error);
    check(!error, title(i), ": ", error.message());
    return size;
  }

 private:
  // Whether it is a link to a folder that it lies in.
  bool leads_back(const fs::recursive_directory_iterator& at) const {
    std::error_code error;
    if (!at->is_symlink(error)) return false;
    fs::path up = at->path().parent_path();
    for (; up.string().size() > path_.size(); up = up.parent_path()) {
      if (fs::equivalent(at->path(), up, error)) return true;
    }
    for (up = fs::canonical(path_, error);; up = up.parent_path()) {
      if (fs::equivalent(at->path(), up, error)) return true;
      if (up == up.parent_path()) return false;
    }
  }

 protected:
  std::string read(size_t i, bool header) const override {
    const auto source = open_input(path_ + "/" + names_[i]);
    if (header) {
      const std::string start(source->peek(kHeader));
      if (header_is_enough(start)) return start;
    }
    return source->read_all(kMaxFile);
  }
};

}  // namespace

std::unique_ptr<Pictures> open_picture_folder(const std::string& path) {
  return std::make_unique<FolderPictures>(path);
}

}  // namespace sgan::io
