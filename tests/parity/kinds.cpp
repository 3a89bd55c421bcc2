// Which handler checks which kind of golden file.
#include <algorithm>
#include <array>

#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

struct Row {
  std::string_view kind;
  Handler handler;
};

// One a line, so that changes from several sides meet without conflict.
// clang-format off
constexpr std::array rows{
    Row{"stylegan2_g", run_stylegan2_g},
    Row{"stylegan2_d", run_stylegan2_d},
    Row{"stylegan3_g", run_stylegan3_g},
    Row{"progan_g", run_progan_g},
    Row{"progan_d", run_progan_d},
    Row{"stylegan1_g", run_stylegan1_g},
    Row{"stylegan1_d", run_stylegan1_d},
    Row{"train_phases", run_train_phases},
    Row{"train_iters", run_train_iters},
    Row{"pickle", run_pickle},
    Row{"rosinality", run_rosinality},
    Row{"torch_file", run_torch_file},
    Row{"sg2_layers", run_layer_tables},
    Row{"sg3_layers", run_layer_tables},
    Row{"numpy_seeds", run_numpy_seeds},
    Row{"interpolation", run_interpolation},
    Row{"dataset_sampler", run_dataset_sampler},
    Row{"ops_bias_act", run_ops},
    Row{"ops_conv2d_resample", run_ops},
    Row{"ops_filtered_lrelu", run_ops},
    Row{"ops_misc", run_ops},
    Row{"ops_modulated_conv2d", run_ops},
    Row{"ops_upfirdn2d", run_ops},
    Row{"ops_lowpass", run_filters},
    Row{"ops_setup_filter", run_filters},
    Row{"gan_losses", run_gan_losses},
    Row{"metric_vgg16", run_metric_vgg16},
    Row{"metric_inception", run_metric_inception},
    Row{"metric_lpips", run_metric_lpips},
    Row{"progressive_schedule", run_progressive_schedule},
    Row{"process_reals", run_process_reals},
    Row{"metric_ppl", run_metric_ppl},
    Row{"metric_equivariance", run_metric_equivariance},
    Row{"metric_avg_spectra", run_metric_avg_spectra},
    Row{"metric_feature_sets", run_feature_sets},
    Row{"metric_linear_separability", run_separability},
};
// clang-format on

// Checked by training and metrics.
constexpr std::string_view others[] = {"dataset_sampler",
                                       "projection",
                                       "metric"};

}  // namespace

Handler handler_for(const std::string& kind) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.kind == kind; });
  return row == rows.end() ? nullptr : row->handler;
}

bool is_known_kind(const std::string& kind) {
  return std::find(std::begin(others), std::end(others), kind) != std::end(others);
}

}  // namespace sgan::parity
