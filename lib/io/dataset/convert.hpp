// Any pictures to a checked data set: a zip in the official layout, or an array file.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "lib/io/dataset/pictures.hpp"
#include "lib/io/dataset/transform.hpp"
#include "lib/io/output.hpp"

namespace sgan::io {

// Receives pictures in order; `encode` is called by several threads at once.
class DatasetWriter {
 public:
  virtual ~DatasetWriter() = default;
  virtual std::string encode(const PreparedPicture& picture) const = 0;
  // `picture` is the one that was encoded, without its pixels.
  virtual void add(const std::string& name, const std::string& encoded,
                   const PreparedPicture& picture) = 0;
  // `json` is the text of dataset.json.
  virtual void finish(const std::string& json, bool labelled) = 0;
  // Files beside the sink's, into their places: when the sink's is in its own.
  virtual void publish() {}
};

// Into `sink`, which outlives it.
std::unique_ptr<DatasetWriter> make_zip_writer(Sink& sink);
// NPY into `sink`; labels into the file `labels_path`, where there are some or older ones lie
// there: left alone, those would be read as the array's. Throws Error when what lies there are no
// labels. Pictures must be `count`.
std::unique_ptr<DatasetWriter> make_array_writer(Sink& sink, const std::string& labels_path,
                                                 int64_t count);

struct ConvertOptions {
  TransformOptions transform;
  int64_t max_images = 0;      // the first so many; 0: all
  bool classes = false;        // sub-folders of the source are classes, in order of their names
  bool skip_bad = false;       // leave bad pictures out
  std::set<size_t> known_bad;  // not to be looked at again
};

struct ConvertResult {
  int64_t count = 0;  // pictures written, or that would be
  int side = 0, channels = 0, label_dim = 0;
  bool label_vectors = false;  // lists of numbers, not classes
  int64_t enlarged = 0;
  std::vector<std::string> class_names;  // where they are known
  std::set<size_t> bad;
  std::string hash;  // as Dataset's; empty when nothing was written
};

struct ConvertEvents {
  // A picture that cannot be used, in order, and why.
  std::function<void(const std::string& name, const std::string& reason)> bad;
  std::function<void(int64_t count)> progress;  // so many more are done
};

// Looks at everything, on all cores; writes unless `writer` is null. With bad pictures and without
// skip_bad nothing is finished. Throws Error for what concerns all pictures: labels that do not
// fit, sub-folders missing, a resolution that networks do not have, no good picture at all.
ConvertResult convert(const Pictures& pictures, const ConvertOptions& options,
                      DatasetWriter* writer, const ConvertEvents& events);

}  // namespace sgan::io
