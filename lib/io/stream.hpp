// Streams of latents and images, batch by batch: memory does not grow with their length.
//
// Written: a front frame (provenance), one zstd frame for each batch holding one NPY array, an end
// frame that counts arrays and rows. A frame a batch, and not one for all, so that
// - a batch is checked against its own checksum before anything is computed from it,
// - it leaves the writer whole, and the next program starts at once,
// - streams can be joined with cat.
// The end frame is what tells a stream cut between two frames from a complete one.
//
// Read: that, any zstd stream of NPY arrays, a bare NPY file, or (raw) bare float32.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/io/output.hpp"
#include "lib/io/provenance.hpp"
#include "lib/io/source.hpp"
#include "lib/io/zstd_stream.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

// Bare arrays and --raw say no kind: two axes are z, three w, four images.
struct ReadOptions {
  std::vector<Kind> kinds;  // what the program can take; empty: anything
  rt::Shape row;            // expected shape of one latent or image, -1 for any size; empty: any
  std::string model;        // expected hash of the model that made the w; empty: any
  std::optional<rt::Shape> raw;  // the input is bare float32 of rows of this shape
  int64_t batch = 16;  // rows handed out at once, at most; an array is never joined with the next
};

class Reader {
 public:
  // Nothing is read before the first call of next() or kind().
  Reader(std::unique_ptr<Source> source, ReadOptions options);
  ~Reader();

  const std::string& name() const { return name_; }
  // Before the first batch: what is there. These read up to the first array.
  Kind kind();
  const rt::Shape& row_shape();
  const std::optional<Provenance>& provenance();  // nothing when the input carries none

  // The next rows: [n, row...], float32 (images: float32 or uint8), 1 <= n <= batch; nothing at the
  // end. Throws Error for what is cut, damaged, of another kind or shape, not finite, or empty.
  std::optional<rt::Tensor> next();

  // for (const rt::Tensor& batch : reader)
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = rt::Tensor;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(Reader* reader) : reader_(reader) { ++*this; }
    const rt::Tensor& operator*() const { return *batch_; }
    Iterator& operator++() {
      batch_ = reader_->next();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return !batch_; }

   private:
    Reader* reader_ = nullptr;
    std::optional<rt::Tensor> batch_;
  };
  Iterator begin() { return Iterator(this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  void open();
  bool next_array();
  void on_note(int variant, const std::string& payload);
  void check_front(const Provenance& front) const;
  void check_row(const rt::Shape& row) const;
  void check_end();
  rt::Tensor read_rows(Source& from, int64_t rows);
  [[noreturn]] void wrong_kind(Kind kind) const;

  std::string name_;
  ReadOptions options_;
  std::unique_ptr<Source> source_;
  ZstdSource* zstd_ = nullptr;  // source_, when it is one
  bool opened_ = false;
  std::optional<Provenance> provenance_;
  std::optional<Kind> kind_;
  std::optional<rt::Shape> row_;
  rt::DType type_ = rt::DType::f32;
  int64_t left_ = 0;     // rows of the array that are still to come
  int64_t rows_ = 0;     // handed out so far
  bool inside_ = false;  // between a front frame and its end frame
  StreamEnd counted_;    // since the front frame
};

class Writer {
 public:
  // Nothing is written before the first batch. `sink` outlives the writer.
  Writer(Sink& sink, Provenance provenance);

  // [n, row...]: float32, images also uint8; every batch with the same row shape and type. Flushed,
  // so that the next program can start.
  void write(const rt::Tensor& batch);
  // Ends the stream; throws Error when nothing was written. finish() of the output comes after it.
  void finish();

 private:
  Sink& sink_;
  ZstdFrameWriter frames_;
  Provenance provenance_;
  std::optional<rt::Shape> row_;
  rt::DType type_ = rt::DType::f32;
  StreamEnd counted_;
};

}  // namespace sgan::io
