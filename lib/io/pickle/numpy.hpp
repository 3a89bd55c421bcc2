// numpy's arrays and scalars as they stand in pickles of any protocol and numpy version.
#pragma once

#include "lib/io/pickle/strided.hpp"
#include "lib/io/pickle/tree.hpp"

namespace sgan::io::pickle {

bool is_numpy(const Ref& value);  // array or scalar

// A scalar becomes a tensor without axes. uint16 and uint32 become the next larger signed type.
// Throws Error for element types that hold no plain numbers.
rt::Tensor numpy_tensor(const Ref& value, Budget& budget);

}  // namespace sgan::io::pickle
