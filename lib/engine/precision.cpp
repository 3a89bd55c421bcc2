#include "lib/engine/precision.hpp"

namespace sgan::engine {
namespace {
Precision current;
}

const Precision& precision() { return current; }
void set_precision(const Precision& precision) { current = precision; }

}  // namespace sgan::engine
