#include "lib/nets/inception_layout.hpp"

namespace sgan::nets::inception {
namespace {

// A convolution that keeps its map's size.
Conv same(const char* name, int64_t in, int64_t out, int kh, int kw) {
  return {name, in, out, kh, kw, 1, kh / 2, kw / 2};
}
Conv point(const char* name, int64_t in, int64_t out) { return same(name, in, out, 1, 1); }
Conv halving(const char* name, int64_t in, int64_t out) { return {name, in, out, 3, 3, 2}; }

Block fine(const char* name, int64_t in, int64_t pooled) {
  return {name,
          {{Pool::none, {point("branch1x1", in, 64)}, {}},
           {Pool::none, {point("branch5x5_1", in, 48), same("branch5x5_2", 48, 64, 5, 5)}, {}},
           {Pool::none,
            {point("branch3x3dbl_1", in, 64), same("branch3x3dbl_2", 64, 96, 3, 3),
             same("branch3x3dbl_3", 96, 96, 3, 3)},
            {}},
           {Pool::average, {point("branch_pool", in, pooled)}, {}}}};
}

Block to_middle(const char* name, int64_t in) {
  return {name,
          {{Pool::none, {halving("branch3x3", in, 384)}, {}},
           {Pool::none,
            {point("branch3x3dbl_1", in, 64), same("branch3x3dbl_2", 64, 96, 3, 3),
             halving("branch3x3dbl_3", 96, 96)},
            {}},
           {Pool::max_halving, {}, {}}}};
}

// 7 x 7 as products of rows and columns; `c` channels within.
Block middle(const char* name, int64_t c) {
  constexpr int64_t in = 768;
  return {name,
          {{Pool::none, {point("branch1x1", in, 192)}, {}},
           {Pool::none,
            {point("branch7x7_1", in, c), same("branch7x7_2", c, c, 1, 7),
             same("branch7x7_3", c, 192, 7, 1)},
            {}},
           {Pool::none,
            {point("branch7x7dbl_1", in, c), same("branch7x7dbl_2", c, c, 7, 1),
             same("branch7x7dbl_3", c, c, 1, 7), same("branch7x7dbl_4", c, c, 7, 1),
             same("branch7x7dbl_5", c, 192, 1, 7)},
            {}},
           {Pool::average, {point("branch_pool", in, 192)}, {}}}};
}

Block to_coarse(const char* name, int64_t in) {
  return {name,
          {{Pool::none, {point("branch3x3_1", in, 192), halving("branch3x3_2", 192, 320)}, {}},
           {Pool::none,
            {point("branch7x7x3_1", in, 192), same("branch7x7x3_2", 192, 192, 1, 7),
             same("branch7x7x3_3", 192, 192, 7, 1), halving("branch7x7x3_4", 192, 192)},
            {}},
           {Pool::max_halving, {}, {}}}};
}

Block coarse(const char* name, int64_t in, Pool pool) {
  return {name,
          {{Pool::none, {point("branch1x1", in, 320)}, {}},
           {Pool::none,
            {point("branch3x3_1", in, 384)},
            {same("branch3x3_2a", 384, 384, 1, 3), same("branch3x3_2b", 384, 384, 3, 1)}},
           {Pool::none,
            {point("branch3x3dbl_1", in, 448), same("branch3x3dbl_2", 448, 384, 3, 3)},
            {same("branch3x3dbl_3a", 384, 384, 1, 3), same("branch3x3dbl_3b", 384, 384, 3, 1)}},
           {pool, {point("branch_pool", in, 192)}, {}}}};
}

}  // namespace

const std::vector<Stem>& stem() {
  static const std::vector<Stem> convs{{halving("Conv2d_1a_3x3", 3, 32), ""},
                                       {{"Conv2d_2a_3x3", 32, 32, 3, 3}, ""},
                                       {same("Conv2d_2b_3x3", 32, 64, 3, 3), "MaxPool_1"},
                                       {point("Conv2d_3b_1x1", 64, 80), ""},
                                       {{"Conv2d_4a_3x3", 80, 192, 3, 3}, "MaxPool_2"}};
  return convs;
}

const std::vector<Block>& blocks() {
  // The last block's pool is a maximum in this graph, unlike in the paper.
  static const std::vector<Block> all{fine("Mixed_5b", 192, 32),
                                      fine("Mixed_5c", 256, 64),
                                      fine("Mixed_5d", 288, 64),
                                      to_middle("Mixed_6a", 288),
                                      middle("Mixed_6b", 128),
                                      middle("Mixed_6c", 160),
                                      middle("Mixed_6d", 160),
                                      middle("Mixed_6e", 192),
                                      to_coarse("Mixed_7a", 768),
                                      coarse("Mixed_7b", 1280, Pool::average),
                                      coarse("Mixed_7c", 2048, Pool::max)};
  return all;
}

std::string full_name(const Block& block, const Conv& conv) { return block.name + "." + conv.name; }

std::vector<Conv> all_convs() {
  std::vector<Conv> all;
  for (const Stem& s : stem()) all.push_back(s.conv);
  for (const Block& block : blocks()) {
    for (const Branch& branch : block.branches) {
      for (const auto* part : {&branch.convs, &branch.split}) {
        for (Conv conv : *part) {
          conv.name = full_name(block, conv);
          all.push_back(conv);
        }
      }
    }
  }
  return all;
}

}  // namespace sgan::nets::inception
