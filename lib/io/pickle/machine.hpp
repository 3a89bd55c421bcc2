// The pickle virtual machine, protocols 0 to 5, reduced to what can be done without running
// anything: it turns the opcodes into a Tree. REDUCE, NEWOBJ, BUILD and their kind only make and
// fill call nodes.
#pragma once

#include <string>
#include <string_view>

#include "lib/io/pickle/tree.hpp"

namespace sgan::io::pickle {

// What a pickle may ask for. A network pickle has some 25,000 nodes.
struct Limits {
  size_t nodes = size_t{1} << 20;       // values made
  size_t references = size_t{1} << 24;  // on the stack, in lists and in dictionaries, together
  size_t memo = size_t{1} << 20;
  size_t marks = 2000;  // nested open brackets
  size_t line = 4096;   // bytes of an opcode argument that ends with a newline
};

// Reads one pickle from the start of `data`, which must outlive the tree: texts and bytes are views
// of it. `name` is the file's for messages, `base` the offset of `data` in it. Sets `*end` to the
// offset in `data` behind the STOP. Throws Error, naming file, opcode and global, for code, for
// sizes beyond the data or the limits, and for anything malformed.
Tree parse(std::string_view data, const std::string& name, size_t base = 0, size_t* end = nullptr,
           const Limits& limits = {});

}  // namespace sgan::io::pickle
