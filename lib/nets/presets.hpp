// Every row of the papers' tables as settings: StyleGAN1 (1812.04948, Table 1), StyleGAN2
// (1912.04958, Tables 1 and 2), StyleGAN3 (2106.12423, Table 3), and ProGAN (1710.10196).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/nets/generator.hpp"

namespace sgan::nets {

// What a row leaves to its user.
struct PresetSize {
  int resolution = 256;  // a power of two from 8 on
  int channels = 3;      // of the pictures
  int c_dim = 0;         // classes; 0: unconditional
  double width = 1;      // factor on the numbers of feature maps
  int latent_dim = 512;  // of z, w and the mapping network
};

struct Preset {
  std::string name, summary;  // "stylegan3-d"; what the row changes
  Family family = Family::stylegan2;
  nlohmann::json generator;
  Family discriminator_family = Family::stylegan2;  // rows B to D of StyleGAN2 keep StyleGAN1's
  nlohmann::json discriminator;
};

// All names, in the order of the papers.
std::vector<std::string> preset_names();

// Throws Error, which lists the names, when there is no such row.
Preset preset(std::string_view name, const PresetSize& size = {});

}  // namespace sgan::nets
