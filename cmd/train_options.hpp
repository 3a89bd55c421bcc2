// The command line of sgan-train as the settings of a run.
#pragma once

#include <string>

#include "cmd/cli.hpp"
#include "lib/train/run.hpp"

namespace sgan::cli {

// Throws Misuse for what does not go together.
train::RunOptions train_options(const Args& args);

// The part of them that runs of all kinds have.
void common_options(const Args& args, train::CommonOptions& options);

// What the options beside --continue change. Throws Misuse for those that a run cannot change.
train::RunChanges changes_of_run(const Args& args);

// All settings as one JSON object: what --dry-run prints.
std::string describe_run(const train::RunOptions& options);

}  // namespace sgan::cli
