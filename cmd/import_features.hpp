// Foreign networks that judge pictures to feature files, see sgan-model(5).
#pragma once

#include <string>

#include "cmd/cli.hpp"
#include "lib/io/import/import.hpp"

namespace sgan::cli {

// Writes what a file with no generator holds to --output: VGG16 with LPIPS's heads, Inception-v3,
// or a classifier. `name` is the file's for messages. Throws Error when it is none of them.
void import_features(const Args& args, const io::ImportedModel& model, const std::string& name);

}  // namespace sgan::cli
