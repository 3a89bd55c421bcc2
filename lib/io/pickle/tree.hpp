// What a pickle describes, as data: nodes in one flat arena, referred to by index. Calls, objects
// and classes are nodes like any other; nothing is ever looked up, imported or run. Cycles and
// shared sub-trees are possible, so whoever walks a tree bounds depth and visits (see Walk).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/rt/error.hpp"

namespace sgan::io::pickle {

using Id = uint32_t;
inline constexpr Id kNoId = ~Id{0};

enum class Kind : uint8_t {
  none,
  boolean,
  integer,      // fits int64
  big_integer,  // its little-endian two's-complement bytes
  real,
  text,   // UTF-8, as it stands in the file
  bytes,  // bytes, bytearray, and the strings of Python 2
  list,
  tuple,
  set,
  dict,
  global,      // a class or function, by name only
  call,        // a callee with arguments; with the state and items that were put into the result
  persistent,  // a reference to something outside the pickle, such as a tensor's storage
};

struct Call {
  Id callee = kNoId, args = kNoId, kwargs = kNoId, state = kNoId;
  uint32_t items = kNoId;  // list items, or keys and values in turn
  bool keyed = false;      // items are keys and values
};

struct Node {
  Kind kind = Kind::none;
  uint8_t opcode = 0;  // that made it
  uint64_t at = 0;     // byte offset of that opcode in the file
  union {
    int64_t integer;
    double real;
    uint32_t index;  // into lists, calls or globals; persistent: the id's node
    struct {
      const char* data;
      size_t size;
    } text;
  };
  Node() : text{nullptr, 0} {}
};

class Tree;

// A node of a tree, to look at. Cheap to copy; the tree must outlive it.
class Ref {
 public:
  Ref() = default;
  Ref(const Tree* tree, Id id) : tree_(tree), id_(id) {}

  explicit operator bool() const { return tree_ != nullptr && id_ != kNoId; }
  Id id() const { return id_; }
  Kind kind() const;
  const Tree& tree() const { return *tree_; }
  bool is(Kind kind) const { return *this && this->kind() == kind; }
  bool is_string() const { return is(Kind::text) || is(Kind::bytes); }
  bool is_sequence() const { return is(Kind::list) || is(Kind::tuple) || is(Kind::set); }

  // Each throws Error, naming file and place, when the node is something else.
  bool boolean() const;
  int64_t integer() const;        // also of a boolean
  double real() const;            // also of an integer
  std::string_view text() const;  // of text, bytes and big integers

  // Lists, tuples and sets.
  size_t size() const;
  Ref operator[](size_t i) const;
  // Whether it behaves like a dictionary: a dict, or an object with keyed items or the name of one.
  bool is_dict() const;
  std::vector<std::pair<Ref, Ref>> entries() const;
  Ref find(std::string_view key) const;  // false when there is no such entry
  Ref at(std::string_view key) const;    // throws Error when there is none

  // Globals: "module.name". Calls: that of the callee, or "" when it is not a global.
  std::string_view global() const;
  bool calls(std::string_view name) const { return is(Kind::call) && global() == name; }
  Ref callee() const;
  Ref args() const;
  Ref arg(size_t i) const;  // throws Error when there are fewer
  size_t arg_count() const;
  Ref kwargs() const;
  Ref state() const;  // what BUILD put in, or false
  Ref persistent_id() const;
  std::vector<Ref> items() const;  // list items of an object

  std::string where() const;  // "model.pkl: REDUCE at byte 123"
  template <class... Args>
  [[noreturn]] void fail(const Args&... args) const {
    sgan::fail(where(), ": ", args...);
  }

 private:
  const Node& node() const;
  const Call& call() const;
  const Tree* tree_ = nullptr;
  Id id_ = kNoId;
};

class Tree {
 public:
  Tree() = default;
  Tree(Tree&&) = default;
  Tree& operator=(Tree&&) = default;

  Ref root() const { return {this, root_id}; }
  size_t node_count() const { return nodes.size(); }

  std::string name;  // of the file, for messages
  Id root_id = kNoId;
  std::vector<Node> nodes;
  std::vector<std::vector<Id>> lists;
  std::vector<Call> calls;
  std::vector<std::string> globals;   // "module.name"
  std::vector<Id> persistents;        // in order of appearance
  std::deque<std::string> own_texts;  // those that had to be decoded
};

// Bounds of a walk over a tree that may be cyclic or heavily shared: the depth, and as many visits
// as a small multiple of the nodes there are, so that the work stays linear in the file.
class Walk {
 public:
  explicit Walk(const Tree& tree, size_t visits = ~size_t{0})
      : left_(std::min(4 * tree.node_count() + 4096, visits)) {}
  class Step {
   public:
    Step(Walk& walk, const Ref& at);
    ~Step() { --walk_.depth_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Walk& walk_;
  };
  // Accounts for more work at one place, such as looking through all entries of a dictionary or
  // keeping text.
  void charge(size_t visits, const Ref& at);
  static constexpr int kDepth = 200;

 private:
  size_t left_;
  int depth_ = 0;
};

// The bytes of bytes, bytearray, or what stands for them in old protocols: a latin-1 text given to
// _codecs.encode. `hold` keeps decoded ones. Throws Error when it is nothing of the kind.
std::string_view bytes_of(const Ref& value, std::string& hold);
bool is_bytes(const Ref& value);

}  // namespace sgan::io::pickle
