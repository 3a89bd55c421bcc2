#include "lib/io/stream.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lib/io/finite.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/npy.hpp"

namespace sgan::io {
namespace {

using rt::DType;
using rt::Shape;
using rt::Tensor;

constexpr int64_t kMaxRow = int64_t{1} << 31;  // bytes of one latent or image

Kind kind_of_rank(int rank, const std::string& name) {
  if (rank == 2) return Kind::z;
  if (rank == 3) return Kind::w;
  if (rank == 4) return Kind::image;
  fail(name, ": array with ", rank, " axes; z has 2, w 3 and images 4");
}

Shape row_of(const Shape& shape) {
  return Shape(std::vector<int64_t>(shape.begin() + 1, shape.end()));
}

Shape with_rows(int64_t rows, const Shape& row) {
  std::vector<int64_t> dims = row.dims();
  dims.insert(dims.begin(), rows);
  return Shape(std::move(dims));
}

std::string wanted_of(const std::vector<Kind>& kinds) {
  std::string text;
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += i + 1 == kinds.size() ? " or " : ", ";
    text += name_of(kinds[i]);
  }
  return text.empty() ? "a latent or image" : text;
}

}  // namespace

Reader::Reader(std::unique_ptr<Source> source, ReadOptions options)
    : name_(source->name()), options_(std::move(options)), source_(std::move(source)) {
  check(options_.batch > 0, "batch must be at least 1, not ", options_.batch);
}

Reader::~Reader() = default;

void Reader::open() {
  if (opened_) return;
  opened_ = true;
  if (options_.raw) {
    const Shape& row = *options_.raw;
    check(row.numel() > 0 && row.numel() <= kMaxRow / 4, name_, ": raw rows of ", row);
    kind_ = kind_of_rank(row.rank() + 1, name_);
    row_ = row;
    check_row(row);
    check(!source_->available().empty(), name_, ": empty");
    return;
  }
  if (is_zstd(source_->peek(kMagicBytes))) {
    auto zstd = std::make_unique<ZstdSource>(
        std::move(source_), [this](int variant, const std::string& p) { on_note(variant, p); });
    zstd_ = zstd.get();
    source_ = std::move(zstd);
  }
  const std::string_view start = source_->peek(kMagicBytes);
  if (start.empty() && provenance_) check_end();
  if (!start.empty() && start.size() < 4) {  // too short to tell what it was
    source_->consume(start.size());
    source_->truncated();
  }
  if (!is_npy(start)) {
    fail(name_, ": ", describe_wrong(start, wanted_of(options_.kinds) + " stream"));
  }
  check(next_array(), name_, ": holds no rows");
}

Kind Reader::kind() {
  open();
  return *kind_;
}

const Shape& Reader::row_shape() {
  open();
  return *row_;
}

const std::optional<Provenance>& Reader::provenance() {
  open();
  return provenance_;
}

void Reader::wrong_kind(Kind kind) const {
  const char* advice = "";
  const auto takes = [&](Kind k) {
    return std::find(options_.kinds.begin(), options_.kinds.end(), k) != options_.kinds.end();
  };
  if (kind == Kind::z && takes(Kind::w)) advice = "; pass it through sgan-map first";
  if (kind == Kind::w && takes(Kind::z)) advice = "; it has been through sgan-map already";
  fail(name_, ": holds ", name_of(kind), ", but ", wanted_of(options_.kinds), " is wanted", advice);
}

void Reader::check_front(const Provenance& front) const {
  const auto& kinds = options_.kinds;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), front.kind) == kinds.end()) {
    wrong_kind(front.kind);
  }
  if (front.kind == Kind::w && !options_.model.empty() && !front.model.empty() &&
      front.model != options_.model) {
    fail(name_, ": w of another model (", front.model.substr(0, 12), ", not ",
         options_.model.substr(0, 12), "); give the model that made it with --model");
  }
}

void Reader::check_row(const Shape& row) const {
  const auto& kinds = options_.kinds;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), *kind_) == kinds.end()) {
    wrong_kind(*kind_);
  }
  const Shape& want = options_.row;
  bool fits = want.rank() == 0 || want.rank() == row.rank();
  for (int i = 0; fits && i < want.rank(); ++i) fits = want[i] < 0 || want[i] == row[i];
  check(fits, name_, ": ", name_of(*kind_), " of shape ", row, ", but the model needs ", want);
}

void Reader::on_note(int variant, const std::string& payload) {
  if (variant != kStreamVariant) return;
  const StreamNote note = parse_note(payload, name_);
  if (note.front) {
    check(!inside_, name_, ": truncated: a new stream begins before the end of the one before it");
    check_front(*note.front);
    if (provenance_) {  // streams joined with cat
      check(provenance_->kind == note.front->kind, name_, ": ", name_of(note.front->kind),
            " follows after ", name_of(provenance_->kind));
      check(provenance_->model == note.front->model || note.front->kind != Kind::w, name_,
            ": w of another model follows after row ", rows_);
    } else {
      provenance_ = note.front;
    }
    inside_ = true;
    counted_ = {};
  }
  if (note.end) {
    check(inside_, name_, ": damaged: an end frame without a front frame");
    check(note.end->arrays == counted_.arrays && note.end->rows == counted_.rows, name_,
          ": damaged: ", note.end->rows, " rows in ", note.end->arrays, " arrays were written, ",
          counted_.rows, " in ", counted_.arrays, " arrays arrived");
    inside_ = false;
  }
}

void Reader::check_end() {
  if (inside_) {
    fail(name_, ": truncated: ends after ", counted_.rows, " rows without its end frame");
  }
  check(rows_ > 0, name_, ": empty: holds no rows");
}

// Reads headers up to the next array that has rows; false at the end.
bool Reader::next_array() {
  while (left_ == 0) {
    if (source_->available().empty()) {
      check_end();
      return false;
    }
    const NpyHeader header = read_npy_header(*source_);
    const Kind by_rank = kind_of_rank(header.shape.rank(), name_);
    const Kind kind = provenance_ ? provenance_->kind : by_rank;
    check(kind == by_rank, name_, ": ", name_of(kind), " cannot have the shape ", header.shape);
    const Shape row = row_of(header.shape);
    if (!row_) {
      kind_ = kind;
      row_ = row;
      check_row(row);
      check(row.numel() > 0 && row.numel() <= kMaxRow / 8, name_, ": ", name_of(kind), " of shape ",
            row);
      const bool integer = kind == Kind::image && header.type == DType::u8;
      const bool real = rt::is_floating(header.type);
      check(integer || real, name_, ": ", name_of(kind), " of type ", rt::name_of(header.type),
            "; float32 is wanted");
    } else {
      check(row == *row_ && kind == *kind_, name_, ": array of rows ", row, " follows after ",
            *row_);
      check(header.type == type_, name_, ": array of ", rt::name_of(header.type), " follows after ",
            rt::name_of(type_));
    }
    type_ = header.type;
    left_ = header.shape[0];
    counted_.arrays += 1;
    if (left_ == 0 && zstd_) zstd_->settle();
  }
  return true;
}

Tensor Reader::read_rows(Source& from, int64_t rows) {
  Tensor batch = read_tensor_data(from, with_rows(rows, *row_), type_);
  if (type_ != DType::u8) batch = batch.to(DType::f32);
  if (batch.dtype() == DType::f32 && *kind_ != Kind::image) {
    const int64_t bad = first_not_finite(batch);
    check(bad < 0, name_, ": ", name_of(*kind_), " ", rows_ + bad, " holds NaN or infinity");
  }
  rows_ += rows;
  counted_.rows += rows;
  return batch;
}

std::optional<Tensor> Reader::next() {
  open();
  if (options_.raw) {
    const size_t row_bytes = size_t(row_->numel()) * sizeof(float);
    if (source_->available().empty()) return std::nullopt;
    std::string bytes;
    for (int64_t i = 0; i < options_.batch && !source_->available().empty(); ++i) {
      const size_t before = bytes.size();
      bytes.resize(before + row_bytes);
      const size_t got = source_->read_full(bytes.data() + before, row_bytes);
      check(got == row_bytes, name_, ": truncated after ", source_->offset(),
            " bytes, which are not whole rows of ", *row_, " float32");
    }
    MemorySource rows(bytes, name_);
    return read_rows(rows, int64_t(bytes.size() / row_bytes));
  }
  if (!next_array()) return std::nullopt;
  const int64_t rows = std::min(left_, options_.batch);
  Tensor batch = read_rows(*source_, rows);
  left_ -= rows;
  if (left_ == 0 && zstd_) zstd_->settle();
  return batch;
}

Writer::Writer(Sink& sink, Provenance provenance)
    : sink_(sink), frames_(sink), provenance_(std::move(provenance)) {}

void Writer::write(const Tensor& batch) {
  const Tensor host = batch.to(rt::cpu);
  const Shape row = row_of(host.shape());
  if (!row_) {
    check(kind_of_rank(host.rank(), "output") == provenance_.kind,
          "output: ", name_of(provenance_.kind), " cannot have the shape ", host.shape());
    check(host.dtype() == DType::f32 ||
              (host.dtype() == DType::u8 && provenance_.kind == Kind::image),
          "output: ", name_of(provenance_.kind), " of type ", rt::name_of(host.dtype()));
    row_ = row;
    type_ = host.dtype();
    frames_.skippable(kStreamVariant, to_json(provenance_));
  }
  check(row == *row_ && host.dtype() == type_, "output: rows of ", row, " follow after ", *row_);
  if (provenance_.kind != Kind::image) {  // no program would read them
    const int64_t bad = first_not_finite(host);
    check(bad < 0, "output: ", name_of(provenance_.kind), " ", counted_.rows + bad,
          " would hold NaN or infinity: the numbers that it is made from are too large");
  }
  const std::string header = npy_header({host.dtype(), host.shape()});
  frames_.begin(header.size() + host.bytes());
  frames_.write(header.data(), header.size());
  frames_.write(host.bytes_data(), host.bytes());
  frames_.end();
  sink_.flush();
  counted_.arrays += 1;
  counted_.rows += host.size(0);
}

void Writer::finish() {
  check(counted_.rows > 0, "nothing was written");
  frames_.skippable(kStreamVariant, to_json(counted_));
  sink_.flush();
}

}  // namespace sgan::io
