// What a data set is written as.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lib/io/dataset/convert.hpp"
#include "lib/io/dataset/zip_writer.hpp"
#include "lib/io/json.hpp"
#include "lib/io/npy.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

class ZipDatasetWriter : public DatasetWriter {
 public:
  explicit ZipDatasetWriter(Sink& sink) : zip_(sink) {}
  std::string encode(const PreparedPicture& p) const override {
    return encode_png(p.pixels.data(), p.side, p.side, p.channels);
  }
  void add(const std::string& name, const std::string& encoded, const PreparedPicture&) override {
    zip_.add(name, encoded);
  }
  void finish(const std::string& json, bool) override {
    zip_.add("dataset.json", json);
    zip_.finish();
  }

 private:
  ZipWriter zip_;
};

class ArrayDatasetWriter : public DatasetWriter {
 public:
  ArrayDatasetWriter(Sink& sink, std::string labels_path, int64_t count)
      : sink_(sink), labels_path_(std::move(labels_path)), count_(count) {
    older_ = std::filesystem::exists(labels_path_);
    check(!older_ || are_labels(labels_path_), labels_path_,
          ": is in the place of the array's labels, and is no dataset.json; move it away");
  }
  std::string encode(const PreparedPicture& p) const override {
    return {p.pixels.begin(), p.pixels.end()};
  }
  void add(const std::string&, const std::string& encoded, const PreparedPicture& p) override {
    if (added_++ == 0)
      sink_.write(npy_header({rt::DType::u8, {count_, p.side, p.side, p.channels}}));
    sink_.write(encoded);
  }
  void finish(const std::string& json, bool labelled) override {
    check(added_ == count_, "an array of ", count_, " pictures got ", added_);
    if (!labelled && !older_) return;
    labels_ = std::make_unique<Output>(labels_path_, false);
    labels_->write(json);
    labels_->flush();
  }
  void publish() override {
    if (labels_) labels_->finish();
  }

 private:
  static bool are_labels(const std::string& path) {
    try {
      const auto json = parse_json(open_input(path)->read_all(size_t{1} << 32), path);
      return json.is_object() && json.contains("labels");
    } catch (const Error&) {
      return false;
    }
  }

  Sink& sink_;
  std::string labels_path_;
  int64_t count_, added_ = 0;
  bool older_ = false;
  std::unique_ptr<Output> labels_;
};

}  // namespace

std::unique_ptr<DatasetWriter> make_zip_writer(Sink& sink) {
  return std::make_unique<ZipDatasetWriter>(sink);
}

std::unique_ptr<DatasetWriter> make_array_writer(Sink& sink, const std::string& labels_path,
                                                 int64_t count) {
  return std::make_unique<ArrayDatasetWriter>(sink, labels_path, count);
}

}  // namespace sgan::io
