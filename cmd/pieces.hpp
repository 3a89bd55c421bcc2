// Latents of several files in a row, for sgan-mix.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cmd/cli.hpp"
#include "lib/io/stream.hpp"

namespace sgan::cli {

class Pieces {
 public:
  // The arguments that are no options, or stdin. All have to be of one kind, shape and model.
  explicit Pieces(const Args& args);
  Pieces(const Args& args, std::vector<std::string> paths);

  // Keeps only the latents of the list; reads everything.
  void select(const std::string& list);
  // The next batch; nothing at the end.
  std::optional<rt::Tensor> next();
  // Everything that is still to come, as one batch.
  rt::Tensor all();
  // Another file, of --with, which has to fit to these.
  Pieces sibling(const std::string& path);

  // Layers of w that "0-3,7", "coarse", "middle" or "fine" mean; "" means all.
  std::vector<int64_t> layers(const std::string& text);
  // The files and factors of --add, of the kind and model of the input.
  std::vector<std::pair<rt::Tensor, double>> directions();
  // What is known of the input, marked as the work of `program`.
  io::Provenance provenance(const char* program);

 private:
  bool reads_stdin() const;
  io::Reader& reader();  // of the current file, opened when needed
  const Args* args_;
  std::vector<std::string> paths_;
  size_t current_ = 0;
  std::optional<io::Kind> kind_;
  std::optional<rt::Shape> row_;
  std::string model_;
  std::optional<io::Provenance> front_;
  std::unique_ptr<io::Reader> reader_;
  std::optional<rt::Tensor> kept_;  // by select()
};

}  // namespace sgan::cli
