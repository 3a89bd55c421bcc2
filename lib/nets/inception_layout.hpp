// Inception-v3 as the graph of 2015-12-05 has it (1512.00567, section 6), as data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sgan::nets::inception {

// A convolution without bias, batch norm and ReLU: tensors NAME.conv.weight, NAME.bn.*.
struct Conv {
  std::string name;  // behind its block's name and a dot
  int64_t in, out;   // channels
  int kh, kw;
  int stride = 1;
  int64_t pad_y = 0, pad_x = 0;
};

enum class Pool { none, average, max, max_halving };

// A pool, convolutions one after the other, and perhaps a last pair beside each other.
struct Branch {
  Pool pool = Pool::none;
  std::vector<Conv> convs, split;
};

// Branches of one input, joined in their order.
struct Block {
  std::string name;
  std::vector<Branch> branches;
};

// What comes before the blocks; a pool behind a convolution has no tensors.
struct Stem {
  Conv conv;
  std::string pool;  // of 3 x 3 pixels with stride 2 behind it; empty: none
};

inline constexpr int64_t size = 299;  // pixels of its pictures' sides
inline constexpr int64_t features = 2048, classes = 1008;
inline constexpr double norm_epsilon = 0.001;

const std::vector<Stem>& stem();
const std::vector<Block>& blocks();
std::string full_name(const Block& block, const Conv& conv);
// All convolutions in the network's order, under their full names.
std::vector<Conv> all_convs();

}  // namespace sgan::nets::inception
