// Settings of StyleGAN2 and 3 networks as far as their tensors tell them; what only the program
// that made them knows has the official default.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/io/import/import.hpp"

namespace sgan::io {

// Tensors under official PyTorch names. Throw Error when one is missing that every such network
// has.
nlohmann::json stylegan2_generator_args(const TensorMap& tensors);
nlohmann::json stylegan2_discriminator_args(const TensorMap& tensors);
nlohmann::json stylegan3_generator_args(const TensorMap& tensors);

// Puts channel_base and channel_max into `args` so that min(base / resolution, max) gives the
// table, keeping those that are there when they fit; "channels" when no pair does.
void fit_channels(nlohmann::json& args, const std::map<int, int64_t>& table);
std::map<int, int64_t> generator_channels(const TensorMap& tensors);
std::map<int, int64_t> discriminator_channels(const TensorMap& tensors);

// The two-dimensional low-pass filter of the taps, normalised; one-dimensional from 8 taps on.
rt::Tensor resample_filter(const std::vector<double>& taps);
// Adds the filter buffers that the official networks carry beside every convolution.
void add_generator_filters(TensorMap& tensors, const std::vector<double>& taps);
void add_discriminator_filters(TensorMap& tensors, const std::vector<double>& taps);

// The tensor, or an Error that names it.
const rt::Tensor& need(const TensorMap& tensors, const std::string& name);

}  // namespace sgan::io
