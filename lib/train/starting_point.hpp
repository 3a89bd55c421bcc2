// Networks that a training starts from: a model file of ours, or what sgan-import reads.
#pragma once

#include <string>

#include "lib/nets/weights.hpp"

namespace sgan::train {

struct StartingPoint {
  std::string architecture;     // "stylegan2", ...
  nets::TensorMap g, d, g_ema;  // official names and layouts; d may be empty
};

StartingPoint read_starting_point(const std::string& path);  // throws Error

}  // namespace sgan::train
