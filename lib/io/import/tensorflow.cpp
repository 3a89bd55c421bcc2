// TensorFlow-era pickles: a tuple (G, D, Gs) of objects with a plain dictionary as their state.
#include "lib/io/import/readers.hpp"
#include "lib/io/pickle/text.hpp"

namespace sgan::io {
namespace {

using pickle::Kind;
using pickle::Ref;

Ref network_state(const Ref& value) {
  if (!value.is(Kind::call)) return {};
  const Ref state = value.state();
  return state && state.is_dict() && state.find("variables") && state.find("static_kwargs") ? state
                                                                                            : Ref();
}

rt::Tensor variable(const Ref& value, pickle::TensorReader& reader) {
  if (value.is(Kind::real) || value.is(Kind::integer))
    return rt::Tensor::full({}, value.real(), rt::DType::f32);
  const rt::Tensor tensor = reader.read(value);
  return rt::is_floating(tensor.dtype()) ? tensor : tensor.to(rt::DType::f32);
}

void read_variables(const Ref& state, const std::string& prefix, pickle::TensorReader& reader,
                    TensorMap& variables) {
  const Ref list = state.at("variables");
  const auto add = [&](const Ref& name, const Ref& value) {
    variables.insert_or_assign(prefix + pickle::key_text(name), variable(value, reader));
  };
  if (list.is_dict()) {
    for (const auto& [name, value] : list.entries()) add(name, value);
  } else {
    for (size_t i = 0; i < list.size(); ++i) add(list[i][0], list[i][1]);
  }
}

TensorflowNetwork read_network(const Ref& state, pickle::TensorReader& reader) {
  TensorflowNetwork network;
  network.static_kwargs = pickle::to_json(state.at("static_kwargs"));
  if (!network.static_kwargs.is_object()) state.fail("static_kwargs is not a dictionary");
  if (const Ref function = state.find("build_func_name"); function && function.is_string())
    network.function = pickle::key_text(function);
  read_variables(state, "", reader, network.variables);
  // Sub-networks have none of their own.
  if (const Ref components = state.find("components"); components && components.is_dict())
    for (const auto& [name, value] : components.entries())
      if (const Ref inner = network_state(value); inner)
        read_variables(inner, pickle::key_text(name) + "/", reader, network.variables);
  return network;
}

// A part of some variable's name, as "/mod_weight".
bool mentions(const TensorflowNetwork& network, std::string_view part) {
  for (const auto& [name, tensor] : network.variables)
    if (name.find(part) != name.npos) return true;
  return false;
}

// StyleGAN1's discriminator with other outputs, as its linear separability is measured with.
ImportedModel import_tf_classifier(const TensorflowNetwork& network) {
  ImportedModel model;
  model.origin = "TensorFlow-era pickle of a classifier";
  check(network.function != "D_paper", "is a discriminator of ProGAN, no classifier known here");
  model.family = "stylegan1";
  model.classifier = true;
  model.history["static_kwargs"] = network.static_kwargs;
  model.history["build_func_name"] = network.function;
  import_tf_progressive({{"D", network}}, model);
  // Whether it has minibatch statistics shows in the channels that they add; a default may not.
  const TensorMap& tensors = model.networks.at("D");
  const auto conv = tensors.find("4x4/Conv/weight");
  if (conv != tensors.end() && conv->second.rank() == 4 &&
      conv->second.size(0) == conv->second.size(1)) {
    model.discriminator_args["mbstd_group_size"] = 0;
  } else {
    model.warnings.push_back(
        "the classifier has minibatch statistics: what it says of a picture depends on the others");
  }
  return model;
}

}  // namespace

bool is_tensorflow_pickle(const Ref& root) {
  if (network_state(root)) return true;
  if (!root.is(Kind::tuple) && !root.is(Kind::list)) return false;
  for (size_t i = 0; i < root.size() && i < 8; ++i)
    if (network_state(root[i])) return true;
  return false;
}

ImportedModel import_tensorflow(const Ref& root, pickle::TensorReader& reader, bool classifiers) {
  std::map<std::string, TensorflowNetwork> networks;
  if (const Ref alone = network_state(root); alone) {
    TensorflowNetwork network = read_network(alone, reader);
    const bool judges = mentions(network, "FromRGB_lod") && !mentions(network, "ToRGB_lod");
    if (classifiers && judges) return import_tf_classifier(network);
    networks["G_ema"] = std::move(network);
  } else {
    static constexpr const char* roles[] = {"G", "D", "G_ema"};
    if (root.size() != 3) root.fail("needs the three networks (G, D, Gs), found ", root.size());
    for (size_t i = 0; i < 3; ++i) {
      const Ref state = network_state(root[i]);
      if (!state) root[i].fail("the entry ", roles[i], " is not a network");
      networks[roles[i]] = read_network(state, reader);
    }
  }
  ImportedModel model;
  model.origin = "TensorFlow-era pickle";
  auto& kwargs = model.history["static_kwargs"];
  for (const auto& [role, network] : networks) {
    kwargs[role] = network.static_kwargs;
    model.history["build_func_name"][role] = network.function;
  }
  const auto& generator = networks.at("G_ema");
  if (mentions(generator, "/mod_weight")) {
    model.family = "stylegan2";
    import_tf_stylegan2(networks, model);
  } else if (mentions(generator, "ToRGB_lod")) {
    model.family = mentions(generator, "synthesis/") ? "stylegan1" : "progan";
    import_tf_progressive(networks, model);
  } else {
    root.fail("the network `", generator.function, "` is no generator of ProGAN or StyleGAN");
  }
  return model;
}

}  // namespace sgan::io
