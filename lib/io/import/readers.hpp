// The readers of single kinds of files behind import_network().
#pragma once

#include "lib/io/import/import.hpp"
#include "lib/io/pickle/torch_tensor.hpp"

namespace sgan::io {

// Official PyTorch pickles: a dictionary of persistent modules (G, D, G_ema), or one such module.
bool is_module_pickle(const pickle::Ref& root);
ImportedModel import_modules(const pickle::Ref& root, pickle::TensorReader& reader);

// TensorFlow-era pickles: a tuple (G, D, Gs) of networks, or one of them; with `classifiers` also a
// network alone that has a discriminator's layers.
bool is_tensorflow_pickle(const pickle::Ref& root);
ImportedModel import_tensorflow(const pickle::Ref& root, pickle::TensorReader& reader,
                                bool classifiers = false);

// Dictionaries of tensors: rosinality's checkpoints, and official state dictionaries (alone, or
// under G_ema, G, D).
bool is_state_dict(const pickle::Ref& root);
ImportedModel import_state_dict(const pickle::Ref& root, pickle::TensorReader& reader);
ImportedModel import_state_dict(const TensorMap& tensors, const std::string& name);
// Whether a tensor of such a network may have this name, or the dictionary holds one.
bool is_generator_tensor(std::string_view name);
bool mentions_generator(const pickle::Ref& root);

// All tensors of dictionaries, lists, modules and other objects by their paths, joined by dots, in
// order of appearance.
NamedTensors all_tensors(const pickle::Ref& root, pickle::TensorReader& reader);

// G and D of rosinality's layout under official names.
TensorMap rosinality_generator(const TensorMap& tensors);
TensorMap rosinality_discriminator(const TensorMap& tensors);

// A network of a TensorFlow-era pickle.
struct TensorflowNetwork {
  TensorMap variables;           // components' variables as "synthesis/..." and "mapping/..."
  nlohmann::json static_kwargs;  // what the training run set
  std::string function;          // G_style, D_paper, ...
};
void import_tf_stylegan2(const std::map<std::string, TensorflowNetwork>& networks,
                         ImportedModel& model);
void import_tf_progressive(const std::map<std::string, TensorflowNetwork>& networks,
                           ImportedModel& model);

}  // namespace sgan::io
