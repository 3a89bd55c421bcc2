// A model file: the weights of one or more networks under their official names, and everything
// needed to build them. See sgan-model(5).
//
// Tensors are named with the network's role before the official name: "G_ema." (the generator to
// use), "G." (the one in training), "D.". Metadata, all text:
//   sgan.format     "1"
//   sgan.sha256     hash of the file, see SafetensorsFile::sha256()
//   architecture    "progan", "stylegan1", "stylegan2", "stylegan3"; "features": no generator, but
//                   a network that judges pictures, "net.", which the metadata "features" describe
//   generator       JSON object: arguments of the generator under their official names
//   discriminator   the same of the discriminator; only where there is one
//   training        JSON: history, where known
//   licence         of the weights, where known
//   origin          where they come from, where known
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "lib/io/safetensors.hpp"

namespace sgan::io {

struct ModelSettings {
  std::string architecture;
  std::string generator = "{}";  // JSON objects as text
  std::string discriminator;     // empty: no discriminator
  std::string training;          // empty: unknown
  std::string licence, origin;
  Metadata more;  // further metadata under other names
};

// Metadata as it stands in the file, without the hash. Throws Error for settings that
// read_settings() would refuse.
Metadata to_metadata(const ModelSettings& settings);
// The reverse; errors begin with `name`.
ModelSettings read_settings(const Metadata& metadata, const std::string& name);

class ModelFile {
 public:
  // Reads the header only. Throws Error when it is not a model of a known version.
  explicit ModelFile(const std::string& path) : ModelFile(SafetensorsFile(path)) {}
  explicit ModelFile(SafetensorsFile file);

  const SafetensorsFile& file() const { return file_; }
  const std::string& name() const { return file_.name(); }
  const ModelSettings& settings() const { return settings_; }
  const std::string& hash() const { return hash_; }  // as the file states it
  // Reads all of the file and throws Error when the stated hash is not its own.
  void verify() const;

  nlohmann::json generator_args() const;
  nlohmann::json discriminator_args() const;  // throws Error when there is no discriminator

  // Throws Error that says so when this is a feature network.
  void require_generator() const;

  // "G_ema", "G", "D" or "net".
  bool has(std::string_view role) const;
  // The tensors of a network without the role; only those that begin with `prefix`, such as
  // "mapping.". Throws Error when there is no such network.
  TensorMap network(std::string_view role, std::string_view prefix = {}) const;

 private:
  SafetensorsFile file_;
  ModelSettings settings_;
  std::string hash_;
};

// Names with a role before them, as they stand in the file.
void add_network(TensorMap& tensors, std::string_view role, const TensorMap& network);

// Writes a model; returns its hash. `tensors` have their roles. Equal contents give equal bytes.
std::string write_model(Sink& sink, const ModelSettings& settings, const TensorMap& tensors);

}  // namespace sgan::io
