// What a data set is written as.
#include "lib/io/dataset/convert.hpp"
#include "lib/io/dataset/zip_writer.hpp"
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
      : sink_(sink), labels_path_(std::move(labels_path)), count_(count) {}
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
    if (!labelled) return;
    Output out(labels_path_, false);
    out.write(json);
    out.finish();
  }

 private:
  Sink& sink_;
  std::string labels_path_;
  int64_t count_, added_ = 0;
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
