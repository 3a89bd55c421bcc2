// Foreign network files as named tensors and settings: the official pickles of ProGAN, StyleGAN 1,
// 2, 3 (TensorFlow and PyTorch), the popular re-implementation of StyleGAN2 (rosinality's layout),
// and plain state dictionaries. Nothing in the files is ever run.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/safetensors.hpp"

namespace sgan::io {

// Tensors under a file's own names, in their order of appearance.
using NamedTensors = std::vector<std::pair<std::string, rt::Tensor>>;

struct ImportedModel {
  std::string family;  // progan, stylegan1, stylegan2, stylegan3
  std::string origin;  // what kind of file it was, in words
  // Official constructor arguments with the defaults filled in; null when the network is absent.
  // StyleGAN2 with channel counts outside the official rule: also "channels" by resolution.
  nlohmann::json generator_args, discriminator_args;
  // "G_ema", "G", "D", "augment_pipe": tensors under official names, in official layouts.
  std::map<std::string, TensorMap> networks;
  nlohmann::json history = nlohmann::json::object();  // what the file tells about its training
  std::string licence;                                // of the weights, when the file tells
  std::vector<std::string> warnings;                  // one line each, for the user
  // A classifier alone, of the TensorFlow era: "D" is not the judge of a generator.
  bool classifier = false;
  // Of a file with none of these networks, where that was asked for: all its tensors, for whoever
  // can tell what they are. Nothing else is set but `origin`.
  NamedTensors others;
};

// Which files are taken: those of generators, or also others, as classifiers and `others`.
enum class Wanted { generators, any };

// Whether a file whose first io::kMagicBytes are these is worth reading for import_network().
bool may_be_network(std::string_view start);

// The whole file in memory; `name` is for messages. Throws Error that names file and place when it
// is not one of these, is damaged, or mentions code.
ImportedModel import_network(std::string_view data, const std::string& name,
                             Wanted wanted = Wanted::generators);
// The same of a file that is open already.
ImportedModel import_network(const SafetensorsFile& file, Wanted wanted = Wanted::generators);

}  // namespace sgan::io
