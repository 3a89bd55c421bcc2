#include "lib/io/dataset/convert.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "kernels/parallel.hpp"
#include "lib/io/crc32.hpp"
#include "lib/io/dataset/labels.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

// Labels by the first folder in a picture's name.
LabelTable classes_of_folders(const Pictures& pictures, std::vector<std::string>& names) {
  std::map<std::string, int64_t> index;
  const auto folder = [&](size_t i) {
    const size_t slash = pictures.names()[i].find('/');
    check(slash != std::string::npos, pictures.title(i), ": lies in no sub-folder, so in no class");
    return pictures.names()[i].substr(0, slash);
  };
  for (size_t i = 0; i < pictures.count(); ++i) index.emplace(folder(i), 0);
  for (auto& [name, number] : index) {
    number = int64_t(names.size());
    names.push_back(name);
  }
  LabelTable table;
  table.dim = int(names.size());
  for (size_t i = 0; i < pictures.count(); ++i) table.classes.push_back(index.at(folder(i)));
  return table;
}

struct Work {
  PreparedPicture picture;  // without pixels once they are encoded
  std::string encoded, reason;
};

class Converter {
 public:
  Converter(const Pictures& pictures, const ConvertOptions& options, DatasetWriter* writer,
            const ConvertEvents& events)
      : pictures_(pictures), options_(options), writer_(writer), events_(events) {
    total_ = pictures.count();
    if (options.max_images > 0) total_ = std::min(total_, size_t(options.max_images));
    if (options.classes) {
      labels_ = classes_of_folders(pictures, result_.class_names);
    } else if (!pictures.labels_text().empty()) {
      labels_ = parse_labels(pictures.labels_text(), pictures.names(),
                             cat(pictures.path(), ": dataset.json"));
      result_.class_names = labels_.names;
    }
    find_usual();
  }

  ConvertResult run() {
    constexpr size_t kAtOnce = 64;
    for (size_t begin = 0; begin < total_; begin += kAtOnce) {
      std::vector<Work> work(std::min(kAtOnce, total_ - begin));
      kernels::parallel_each(int64_t(work.size()), [&](int64_t k) {
        const size_t i = begin + size_t(k);
        if (!options_.known_bad.count(i)) prepare_one(i, work[size_t(k)]);
      });
      for (size_t k = 0; k < work.size(); ++k) {
        if (!options_.known_bad.count(begin + k)) take(begin + k, work[k]);
      }
      if (events_.progress) events_.progress(int64_t(work.size()));
    }
    check(result_.count > 0, pictures_.path(), ": not one picture can be used");
    finish();
    return std::move(result_);
  }

 private:
  // Pictures that are not scaled have to be as most of them are.
  void find_usual() {
    std::vector<PictureSize> sizes(total_);
    kernels::parallel_each(int64_t(total_), [&](int64_t i) {
      try {
        sizes[size_t(i)] = pictures_.size(size_t(i));
      } catch (const std::exception&) {  // said when it is decoded
      }
    });
    usual_ = usual_size(sizes);
    const TransformOptions& t = options_.transform;
    if (t.colour != Colour::keep) usual_.channels = t.colour == Colour::grey ? 1 : 3;
    side_ = t.width > 0 ? t.width : t.crop == Crop::none ? usual_.width : 0;
    if (side_ == 0) side_ = std::min(usual_.width, usual_.height);
    if (usual_.width == 0 || t.width > 0) return;
    const bool square = t.crop != Crop::none || usual_.width == usual_.height;
    check(square && is_network_resolution(side_), pictures_.path(), ": pictures are ", usual_.width,
          "x", usual_.height,
          "; networks have 4x4, 8x8, 16x16, ...: give --resolution WxH and perhaps --transform");
  }

  void prepare_one(size_t i, Work& work) const {
    try {
      const DecodedPicture picture = pictures_.decode(i);
      if (options_.transform.width == 0 && options_.transform.crop == Crop::none &&
          (picture.width != usual_.width || picture.height != usual_.height)) {
        fail("is ", picture.width, "x", picture.height, ", others are ", usual_.width, "x",
             usual_.height, "; --resolution WxH makes them equal");
      }
      work.picture = prepare(picture, options_.transform);
      const auto kind = [](int channels) { return channels == 1 ? "grey" : "RGB"; };
      check(work.picture.side == side_, "is ", picture.width, "x", picture.height,
            " and gives a side of ", work.picture.side, ", others of ", side_,
            "; --resolution WxH makes them equal");
      check(work.picture.channels == usual_.channels, "is ", kind(work.picture.channels),
            ", others are ", kind(usual_.channels), "; --colour grey or rgb makes them equal");
      if (writer_) work.encoded = writer_->encode(work.picture);
      work.picture.pixels = {};
    } catch (const Error& error) {
      work.reason = error.what();
      for (const char* between : {": ", "/"}) {  // the name is said before the reason
        const std::string title = pictures_.path() + between + pictures_.names()[i] + ": ";
        if (work.reason.starts_with(title)) work.reason.erase(0, title.size());
      }
    } catch (const std::bad_alloc&) {
      work.reason = "does not fit into memory";
    }
  }

  void take(size_t i, const Work& work) {
    if (!work.reason.empty()) {
      result_.bad.insert(i);
      if (events_.bad) events_.bad(pictures_.names()[i], work.reason);
      return;
    }
    result_.enlarged += work.picture.enlarged;
    const std::string name = picture_name(result_.count++);
    kept_.push_back(i);
    if (!writer_ || (!result_.bad.empty() && !options_.skip_bad)) return;
    writer_->add(name, work.encoded, work.picture);
    hash_lines_.push_back({work.encoded.size(), crc32(work.encoded)});
  }

  void finish() {
    result_.side = side_;
    result_.channels = usual_.channels;
    result_.label_dim = labels_.classes.empty() ? labels_.dim : 0;
    result_.label_vectors = labels_.classes.empty();
    for (const size_t i : kept_) {
      if (!labels_.classes.empty())
        result_.label_dim = std::max(result_.label_dim, int(labels_.classes[i]) + 1);
    }
    if (!writer_ || (!result_.bad.empty() && !options_.skip_bad)) return;
    std::string json = "{\"labels\": ";
    DatasetHash hash;
    for (size_t k = 0; k < kept_.size(); ++k) {
      const std::string name = picture_name(int64_t(k)), label = labels_.text(kept_[k]);
      hash.add(name, hash_lines_[k].first, hash_lines_[k].second, label);
      if (labels_.dim > 0) json += cat(k ? ", " : "[", "[\"", name, "\", ", label, "]");
    }
    json += labels_.dim > 0 ? "]" : "null";
    if (!result_.class_names.empty())
      json +=
          ", \"classes\": " + nlohmann::json(result_.class_names)
                                  .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    writer_->finish(json + "}", labels_.dim > 0);
    result_.hash = hash.hex();
  }

  const Pictures& pictures_;
  const ConvertOptions& options_;
  DatasetWriter* writer_;
  const ConvertEvents& events_;
  size_t total_ = 0;
  LabelTable labels_;
  PictureSize usual_;
  int side_ = 0;
  std::vector<size_t> kept_;
  std::vector<std::pair<uint64_t, uint32_t>> hash_lines_;
  ConvertResult result_;
};

}  // namespace

ConvertResult convert(const Pictures& pictures, const ConvertOptions& options,
                      DatasetWriter* writer, const ConvertEvents& events) {
  return Converter(pictures, options, writer, events).run();
}

}  // namespace sgan::io
