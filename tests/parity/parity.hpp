// Parity with the reference numbers: a golden file says what it holds (metadata `golden.kind`), a
// handler rebuilds the case, and every result is compared with the file's.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/ag/var.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::parity {

using nlohmann::json;

struct Golden {
  std::string path;  // of the file itself; related files lie beside it
  std::string directory;
  std::string kind;
  std::map<std::string, rt::Tensor> tensors;  // official names and layouts
  std::map<std::string, std::string> metadata;
  json document;  // of a JSON file

  bool has(const std::string& tensor) const { return tensors.count(tensor) > 0; }
  const rt::Tensor& tensor(const std::string& name) const;  // throws Error
  const std::string& text(const std::string& key) const;    // metadata; throws Error
  json data(const std::string& key) const;                  // metadata parsed as JSON
  bool states(const std::string& key) const { return metadata.count(key) > 0; }
  // The tensors whose names begin with `prefix`, without it.
  std::map<std::string, rt::Tensor> below(const std::string& prefix) const;
};

// Reads a file and what its metadata says; throws Error.
Golden open_golden(const std::filesystem::path& path);

// How results are computed.
struct Setting {
  rt::DType type = rt::DType::f32;
  rt::Device device = rt::cpu;
  bool is_double() const { return type == rt::DType::f64; }
};

class Report {
 public:
  Report(Setting setting, bool verbose) : setting_(setting), verbose_(verbose) {}
  Setting setting() const { return setting_; }

  // Relative error: norm of the difference over the norm of the expectation, or the largest
  // difference over the largest expectation, whichever is larger. Fails beyond the tolerance, on
  // NaN and on another shape.
  void compare(const std::string& name, const rt::Tensor& got, const rt::Tensor& expected,
               double tolerance);
  void compare(const std::string& name, const std::vector<double>& got,
               const std::vector<double>& expected, double tolerance);
  void exact(const std::string& name, const rt::Tensor& got, const rt::Tensor& expected);
  void check(const std::string& name, bool ok, const std::string& what);

  int passed() const { return passed_; }
  int failed() const { return failed_; }
  double worst() const { return worst_; }

 private:
  void result(const std::string& name, bool ok, double error, double tolerance,
              const std::string& what);
  Setting setting_;
  bool verbose_;
  int passed_ = 0, failed_ = 0;
  double worst_ = 0;
};

using Handler = void (*)(const Golden& golden, Report& report);
// null when the kind belongs to training or metrics, which other programs check.
Handler handler_for(const std::string& kind);
bool is_known_kind(const std::string& kind);

// Handlers, one file each.
void run_ops(const Golden&, Report&);
void run_filters(const Golden&, Report&);
void run_stylegan2_g(const Golden&, Report&);
void run_stylegan2_d(const Golden&, Report&);
void run_stylegan3_g(const Golden&, Report&);
void run_layer_tables(const Golden&, Report&);
void run_numpy_seeds(const Golden&, Report&);
void run_interpolation(const Golden&, Report&);
void run_progan_g(const Golden&, Report&);
void run_progan_d(const Golden&, Report&);
void run_stylegan1_g(const Golden&, Report&);
void run_stylegan1_d(const Golden&, Report&);
void run_train_phases(const Golden&, Report&);
void run_train_iters(const Golden&, Report&);
void run_pickle(const Golden&, Report&);
void run_rosinality(const Golden&, Report&);
void run_torch_file(const Golden&, Report&);
void run_dataset_sampler(const Golden&, Report&);
void run_gan_losses(const Golden&, Report&);
void run_progressive_schedule(const Golden&, Report&);
void run_process_reals(const Golden&, Report&);
void run_metric_ppl(const Golden&, Report&);
void run_metric_vgg16(const Golden&, Report&);
void run_metric_inception(const Golden&, Report&);
void run_metric_lpips(const Golden&, Report&);
void run_metric_equivariance(const Golden&, Report&);
void run_metric_avg_spectra(const Golden&, Report&);
void run_feature_sets(const Golden&, Report&);
void run_separability(const Golden&, Report&);

// A tensor of the file as a Var of the setting's type on its device, in the official layout.
ag::Var input(const Golden& golden, const std::string& name, const Report& report,
              bool leaf = false);
// Official layout [N, C, H, W] from ours and back, for values.
rt::Tensor official(const ag::Var& v);
ag::Var channels_last(const ag::Var& v);  // differentiable; rank 4 only
ag::Var channels_first(const ag::Var& v);

}  // namespace sgan::parity
