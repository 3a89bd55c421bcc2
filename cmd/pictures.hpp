// Pictures that a measuring program is given, instead of a model that draws them.
#pragma once

#include <functional>

#include "cmd/measure.hpp"
#include "lib/metrics/feature_jobs.hpp"

namespace sgan::cli {

// Opens the pictures that the argument names: a data set, or with "-" a stream on stdin. What comes
// back takes the features of as many as there are or --n says, and says to `measuring` how many and
// of which model. Throws Error for fewer than asked. What is referred to outlives it.
std::function<rt::Tensor()> features_of_pictures(Measuring& measuring,
                                                 const metrics::Features& features,
                                                 const metrics::Columns& columns);

}  // namespace sgan::cli
