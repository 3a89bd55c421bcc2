#include "lib/io/dataset/tfrecord.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lib/io/crc32.hpp"
#include "lib/io/dataset/pictures.hpp"
#include "lib/io/mapped_file.hpp"
#include "lib/io/npy.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

namespace fs = std::filesystem;

// The number behind the last "-r" of NAME-r07; -1 when there is none.
int level_of(const std::string& stem) {
  const size_t at = stem.rfind("-r");
  if (at == stem.npos || at + 2 == stem.size()) return -1;
  const std::string digits = stem.substr(at + 2);
  return digits.size() < 4 && digits.find_first_not_of("0123456789") == digits.npos
             ? std::atoi(digits.c_str())
             : -1;
}

// A row that is one 1 among zeros is a class; if all are, the labels are.
nlohmann::json labels_of(const rt::Tensor& array, size_t count, const std::string& path) {
  check(array.rank() >= 1 && array.rank() <= 2 && array.size(0) == int64_t(count), path,
        ": labels of shape ", array.shape(), ", not one for each of ", count, " pictures");
  const int64_t width = array.numel() / array.size(0);
  const std::vector<double> values = array.to_doubles();
  nlohmann::json classes = nlohmann::json::array(), rows = nlohmann::json::array();
  for (size_t i = 0; i < count; ++i) {
    const std::vector<double> row(values.begin() + int64_t(i) * width,
                                  values.begin() + int64_t(i + 1) * width);
    rows.push_back({picture_name(int64_t(i)), row});
    if (classes.size() < i) continue;
    const auto one = std::find(row.begin(), row.end(), 1.0);
    if (array.rank() == 1) {
      classes.push_back({picture_name(int64_t(i)), int64_t(row[0])});
    } else if (one != row.end() && std::count(row.begin(), row.end(), 0.0) == width - 1) {
      classes.push_back({picture_name(int64_t(i)), one - row.begin()});
    }
  }
  return classes.size() == count ? classes : rows;
}

class TfPictures : public Pictures {
 public:
  explicit TfPictures(const std::string& path) : file_(path) {
    path_ = path;
    records_ = split_tfrecords(file_.bytes(), path);
    check(!records_.empty(), path, ": no pictures in it, the file is empty");
    for (size_t i = 0; i < records_.size(); ++i) names_.push_back(picture_name(int64_t(i)));
    const fs::path file(path);
    const std::string stem = file.stem().string();
    const std::string base = level_of(stem) < 0 ? stem : stem.substr(0, stem.rfind("-r"));
    for (const char* end : {"-rxx.labels", ".labels", "-labels.npy", ".npy"}) {
      const std::string labels = (file.parent_path() / (base + end)).string();
      if (!fs::exists(labels)) continue;
      const auto source = open_input(labels);
      labels_text_ =
          nlohmann::json{{"labels", labels_of(read_npy(*source), records_.size(), labels)}}.dump();
      break;
    }
  }

  PictureSize size(size_t i) const override {
    const TfPicture picture = parse_tf_picture(records_[i], title(i));
    PictureSize size;
    size.width = picture.width;
    size.height = picture.height;
    size.channels = picture.channels;
    return size;
  }
  DecodedPicture decode(size_t i) const override {
    check_tfrecord(records_[i], title(i));
    const std::string_view planes = parse_tf_picture(records_[i], title(i)).data;
    DecodedPicture picture;
    static_cast<PictureSize&>(picture) = size(i);
    const size_t channels = size_t(picture.channels), area = planes.size() / channels;
    picture.pixels.resize(planes.size());
    for (size_t c = 0; c < channels; ++c) {
      for (size_t k = 0; k < area; ++k)
        picture.pixels[k * channels + c] = uint8_t(planes[c * area + k]);
    }
    return picture;
  }
  uint64_t bytes(size_t i) const override { return records_[i].size(); }
  uint32_t checksum(size_t i) const override { return crc32(records_[i]); }

 private:
  MappedFile file_;
  std::vector<std::string_view> records_;
};

}  // namespace

std::string best_tfrecords(const std::string& folder) {
  std::string best;
  int level = -2;
  std::error_code error;
  for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string extension = at->path().extension().string();
    if (extension != ".tfrecords" && extension != ".tfrecord") continue;
    const int here = level_of(at->path().stem().string());
    const std::string path = at->path().string();
    if (here > level || (here == level && path < best)) {
      level = here;
      best = path;
    }
  }
  return best;
}

std::unique_ptr<Pictures> open_picture_tfrecords(const std::string& path) {
  return std::make_unique<TfPictures>(path);
}

}  // namespace sgan::io
