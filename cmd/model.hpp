// The generator and the latents that a program works on.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/cli.hpp"
#include "lib/io/labels.hpp"
#include "lib/io/model.hpp"
#include "lib/io/stream.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::cli {

// The model that the common options name. Only its header is read at first.
class Model {
 public:
  explicit Model(const Args& args);
  const io::ModelFile& file() const { return file_; }
  const std::string& hash() const { return file_.hash(); }
  const nets::GeneratorInfo& info() const { return info_; }
  // Of z, [z_dim], or w, [num_ws, w_dim].
  rt::Shape row(io::Kind kind) const;
  // Reads the weights and builds the networks; of the mapping network alone, where that is
  // possible.
  std::unique_ptr<nets::Generator> generator(rt::Device device) const;
  std::unique_ptr<nets::Generator> mapping(rt::Device device) const;
  // Throws Error unless drawing batches of this size fits into memory; says with -v what it takes.
  void require_memory(int64_t batch, const nets::SynthesisOptions& options,
                      rt::Device device) const;
  // A batch that keeps the processor busy and memory small.
  int64_t default_batch(rt::Device device) const;

 private:
  const Args& args_;
  io::ModelFile file_;
  nets::Family family_;
  nets::GeneratorInfo info_;
};

// Opens the latents of `path` for a model: checks their kind, size and origin (w comes from the
// very model). Nothing is read yet. --raw is obeyed.
io::Reader open_latents(const Args& args, const Model& model, const std::string& path,
                        io::Kind kind, int64_t batch);

// Rows of labels for the latents as they come, from --class or --labels.
class Labels {
 public:
  Labels(const Args& args, const nets::GeneratorInfo& info);
  // For the next `count` latents, [count, c_dim]; undefined when the model knows no classes.
  rt::Tensor next(int64_t count);
  void finish() const;                               // throws Error when labels are left
  const std::string& text() const { return text_; }  // for provenance

 private:
  int64_t c_dim_, class_ = -1, used_ = 0;
  std::string text_;
  std::optional<io::LabelRows> rows_;
};

}  // namespace sgan::cli
