#include "cmd/pieces.hpp"

#include <algorithm>
#include <numeric>

#include "cmd/model.hpp"
#include "lib/nets/mix.hpp"

namespace sgan::cli {

Pieces::Pieces(const Args& args)
    : Pieces(args, args.files().empty() ? std::vector<std::string>{"-"} : args.files()) {}

Pieces::Pieces(const Args& args, std::vector<std::string> paths)
    : args_(&args), paths_(std::move(paths)) {}

io::Reader& Pieces::reader() {
  if (reader_) return *reader_;
  const std::string& path = paths_[current_];
  io::ReadOptions options;
  options.kinds = kind_ ? std::vector{*kind_} : std::vector{io::Kind::z, io::Kind::w};
  if (row_) options.row = *row_;
  options.model = model_;
  options.batch = 256;
  if (args_->has("raw")) options.raw = Model(*args_).row(io::Kind::z);
  reader_ = std::make_unique<io::Reader>(
      io::open_input(path, "sgan-z -n 100 | sgan-map | sgan-mix --mean"), options);
  kind_ = reader_->kind();
  row_ = reader_->row_shape();
  if (const auto& front = reader_->provenance()) {
    if (model_.empty()) model_ = front->model;
    if (!front_) front_ = front;
  }
  return *reader_;
}

bool Pieces::reads_stdin() const {
  return std::find(paths_.begin(), paths_.end(), "-") != paths_.end();
}

std::optional<rt::Tensor> Pieces::next() {
  if (kept_) return std::exchange(kept_, std::nullopt);
  while (current_ < paths_.size()) {
    if (auto batch = reader().next()) return batch;
    reader_.reset();
    ++current_;
  }
  return std::nullopt;
}

rt::Tensor Pieces::all() {
  std::vector<rt::Tensor> parts;
  while (auto batch = next()) parts.push_back(std::move(*batch));
  return nets::concatenate(parts);
}

void Pieces::select(const std::string& list) {
  const auto numbers = parse_ranges(list, "--select", INT32_MAX, size_t{1} << 24);
  const rt::Tensor everything = all();
  current_ = paths_.size();
  std::vector<rt::Tensor> parts;
  for (const int64_t number : numbers) {
    check(number < everything.size(0), "--select: there is no latent ", number, ", only ",
          everything.size(0), " counted from 0");
    parts.push_back(everything.rows(number, number + 1));
  }
  kept_ = nets::concatenate(parts);
}

Pieces Pieces::sibling(const std::string& path) {
  if (path == "-" && reads_stdin()) misuse("--with: '-' is stdin, which the latents come from");
  if (!kept_) reader();
  Pieces other(*args_, {path});
  other.kind_ = kind_;
  other.row_ = row_;
  other.model_ = model_;
  return other;
}

std::vector<int64_t> Pieces::layers(const std::string& text) {
  if (!kept_) reader();
  if (*kind_ == io::Kind::z) {
    if (!text.empty()) misuse("--styles: z has no layers; pipe through sgan-map first");
    return {};
  }
  const int64_t count = (*row_)[0];
  std::vector<int64_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  if (text.empty()) return all;
  if (text != "coarse" && text != "middle" && text != "fine") {
    return parse_ranges(text, "--styles", count - 1, size_t(count));
  }
  const nets::GeneratorInfo info = Model(*args_).info();
  check(info.num_ws == count, "--styles ", text, ": the model has ", info.num_ws,
        " layers, these latents ", count, "; give their model with -m");
  check(info.coarse_end_middle_end.size() == 2, "--styles ", text,
        ": this architecture does not say which layers that is; give numbers");
  const int middle = info.coarse_end_middle_end[0], fine = info.coarse_end_middle_end[1];
  const auto begin = text == "coarse" ? 0 : text == "middle" ? middle : fine;
  const auto end = text == "coarse" ? middle : text == "middle" ? fine : int(count);
  check(begin < end, "--styles ", text, ": the model has no such layers");
  return {all.begin() + begin, all.begin() + end};
}

io::Provenance Pieces::provenance(const char* program) {
  if (!kept_) reader();
  io::Provenance made;
  made.kind = *kind_;
  made.model = model_;
  if (front_ && paths_.size() == 1) made = *front_;
  // What is selected or computed is no longer the latents of these, one by one.
  for (const char* option : {"select", "with", "lerp", "slerp", "cubic", "mean", "add"}) {
    if (!args_->has(option)) continue;
    made.seeds.clear();
    made.labels.clear();
  }
  made.notes[program] = "yes";
  return made;
}

std::vector<std::pair<rt::Tensor, double>> Pieces::directions() {
  std::vector<std::pair<rt::Tensor, double>> directions;
  std::string model = model_;
  for (const std::string& text : args_->all("add")) {
    if (!kept_) reader();
    if (model.empty()) model = model_;
    const size_t star = text.rfind('*');
    if (star == std::string::npos) misuse("--add: '", text, "' is not FILE*NUMBER");
    const double alpha = parse_number(std::string_view(text).substr(star + 1), "--add", -1e6, 1e6);
    const std::string path = text.substr(0, star);
    if (path.empty()) misuse("--add: '", text, "' names no file");
    if (path == "-" && reads_stdin()) misuse("--add: '-' is stdin, which the latents come from");
    io::ReadOptions options;
    options.kinds = {io::Kind::z, io::Kind::w};
    options.model = model;
    io::Reader reader(io::open_input(path), options);
    if (const auto& front = reader.provenance()) {  // bare arrays say neither kind nor origin
      check(front->kind == *kind_, reader.name(), ": a direction in ", io::name_of(front->kind),
            " does not fit latents ", io::name_of(*kind_));
      if (model.empty()) model = front->model;
    }
    std::vector<rt::Tensor> parts;  // a bare array [num_ws, w_dim] comes as rows
    for (const rt::Tensor& batch : reader) parts.push_back(batch);
    directions.emplace_back(nets::concatenate(parts), alpha);
  }
  return directions;
}

}  // namespace sgan::cli
