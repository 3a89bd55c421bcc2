// Which settings networks read, so that one that nobody reads is not taken in silence. Model files
// of other programs may hold more; what a user types may not.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/nets/generator.hpp"

namespace sgan::nets {

// Names of what a network of these settings reads, sorted; nested ones as
// "mapping_kwargs.num_layers".
std::vector<std::string> known_settings(Family family, bool generator, const nlohmann::json& args);

// Throws Error that names the first of `changes` which a network of the settings `args` does not
// read, and what there is instead.
void check_known(Family family, bool generator, const nlohmann::json& changes,
                 const nlohmann::json& args);

}  // namespace sgan::nets
