#include "cmd/model.hpp"

#include <nlohmann/json.hpp>

#include "lib/nets/plan.hpp"

namespace sgan::cli {
namespace {

nets::Family generator_family(const io::ModelFile& file) {
  file.require_generator();
  return nets::parse_family(file.settings().architecture);
}

}  // namespace

Model::Model(const Args& args)
    : args_(args), file_(args.model()), family_(generator_family(file_)) {
  try {
    info_ = nets::generator_info(family_, file_.generator_args());
  } catch (const Error& error) {
    fail(file_.name(), ": ", error.what());
  }
  args.info("model ", file_.name(), ": ", nets::name_of(family_), ", ", info_.resolution, "x",
            info_.resolution, ", z ", info_.z_dim, ", w ", info_.num_ws, "x", info_.w_dim,
            info_.c_dim ? cat(", ", info_.c_dim, " classes") : "");
}

rt::Shape Model::row(io::Kind kind) const {
  return kind == io::Kind::z ? rt::Shape{info_.z_dim} : rt::Shape{info_.num_ws, info_.w_dim};
}

std::unique_ptr<nets::Generator> Model::generator(rt::Device device) const {
  args_.info("device ", rt::describe(device));
  const auto weights = file_.network(file_.has("G_ema") ? "G_ema" : "G");
  try {
    return nets::make_generator(family_, file_.generator_args(), weights, device);
  } catch (const Error& error) {
    fail(file_.name(), ": ", error.what());
  }
}

std::unique_ptr<nets::Generator> Model::mapping(rt::Device device) const {
  if (nets::mapping_needs_whole(family_)) return generator(device);
  args_.info("device ", rt::describe(device));
  const std::string role = file_.has("G_ema") ? "G_ema" : "G";
  const auto weights = file_.network(role, "mapping.");
  try {
    // The rest is not read, but a file that disagrees with itself is told from its header.
    for (const auto& [name, shape] : nets::generator_shapes(family_, file_.generator_args())) {
      const auto* entry = file_.file().find(role + "." + name);
      check(entry || !name.ends_with(".weight"), "the model has no tensor '", name,
            "', which its settings call for");
      check(!entry || entry->shape == shape, "tensor '", name, "' has shape ",
            entry ? entry->shape : shape, ", but the model's settings call for ", shape);
    }
    return nets::make_mapping(family_, file_.generator_args(), weights, device);
  } catch (const Error& error) {
    fail(file_.name(), ": ", error.what());
  }
}

void Model::require_memory(int64_t batch, const nets::SynthesisOptions& options,
                           rt::Device device) const {
  nets::SynthesisOptions planned = options;
  // 16-bit layers take less than the same in float32 on a GPU; a dry run takes what is not fused on
  // the CPU for not fused there either.
  if (device.is_cuda()) planned.precision = {};
  const auto plan = nets::plan_synthesis(family_, file_.generator_args(), batch, planned);
  args_.info("memory: ", plan.peak >> 20, " MiB planned for batches of ", batch, ", ",
             plan.weights >> 20, " MiB of them weights");
  nets::require_memory(plan, device);
}

int64_t Model::default_batch(rt::Device device) const {
  const size_t budget = size_t{device.is_cuda() ? 8u : 1u} << 30;
  int64_t batch = device.is_cuda() ? 32 : 8;
  while (batch > 1 && nets::plan_synthesis(family_, file_.generator_args(), batch).peak > budget) {
    batch /= 2;
  }
  return batch;
}

io::Reader open_latents(const Args& args, const Model& model, const std::string& path,
                        io::Kind kind, int64_t batch) {
  io::ReadOptions options;
  options.kinds = {kind};
  options.row = model.row(kind);
  if (kind == io::Kind::w) options.model = model.hash();
  if (args.has("raw")) options.raw = options.row;
  options.batch = batch;
  return {io::open_input(
              path, kind == io::Kind::z ? "sgan-z | sgan-map" : "sgan-z | sgan-map | sgan-synth"),
          options};
}

Labels::Labels(const Args& args, const nets::GeneratorInfo& info) : c_dim_(info.c_dim) {
  const bool one = args.has("class"), file = args.has("labels");
  if (c_dim_ == 0) {
    if (one || file) misuse("--", one ? "class" : "labels", ": the model knows no classes");
    return;
  }
  if (one && file) misuse("--class and --labels exclude each other");
  if (!one && !file) misuse("the model knows ", c_dim_, " classes: give --class or --labels");
  if (one) {
    class_ = args.integer("class", 0, 0, c_dim_ - 1);
    text_ = cat(class_);
  } else {
    text_ = args.text("labels", "");
    rows_ = io::read_labels(text_, c_dim_);
  }
}

rt::Tensor Labels::next(int64_t count) {
  if (c_dim_ == 0) return {};
  const int64_t begin = used_;
  used_ += count;
  if (class_ >= 0) return io::one_hot_labels(class_, c_dim_, count);
  check(used_ <= rows_->size(), text_, ": ", rows_->size(),
        " labels are fewer than there are latents");
  return rows_->rows(begin, used_);
}

void Labels::finish() const {
  if (!rows_ || used_ == rows_->size()) return;
  fail(text_, ": ", rows_->size(), " labels for ", used_, " latents");
}

}  // namespace sgan::cli
