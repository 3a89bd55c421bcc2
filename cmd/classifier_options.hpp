// The command line of sgan-train --classifier as the settings of a run.
#pragma once

#include "cmd/cli.hpp"
#include "lib/train/classifier_run.hpp"

namespace sgan::cli {

// Throws Misuse for what does not go together.
train::ClassifierOptions classifier_options(const Args& args);
// Throws Misuse where options of classifiers are given and no --classifier.
void refuse_classifier_options(const Args& args);

}  // namespace sgan::cli
