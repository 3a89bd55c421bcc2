#include "lib/io/pickle/tree.hpp"

#include <algorithm>

#include "lib/io/pickle/opcodes.hpp"

namespace sgan::io::pickle {
namespace {

std::string_view kind_name(Kind kind) {
  static constexpr std::string_view names[] = {"None",       "a bool",
                                               "an integer", "an integer",
                                               "a float",    "text",
                                               "bytes",      "a list",
                                               "a tuple",    "a set",
                                               "a dict",     "a class",
                                               "an object",  "a persistent reference"};
  return names[int(kind)];
}

// Classes whose items are a dictionary's.
bool names_dict(std::string_view global) {
  return global == "collections.OrderedDict" || global == "collections.defaultdict" ||
         global == "builtins.dict" || global == "__builtin__.dict" || global.ends_with(".EasyDict");
}

}  // namespace

const Node& Ref::node() const {
  check(bool(*this), "reads a value that is not there");
  return tree_->nodes[id_];
}

const Call& Ref::call() const {
  if (kind() != Kind::call) fail("needs an object, found ", kind_name(kind()));
  return tree_->calls[node().index];
}

Kind Ref::kind() const { return node().kind; }

bool Ref::boolean() const {
  if (!is(Kind::boolean)) fail("needs a bool, found ", kind_name(kind()));
  return node().integer != 0;
}

int64_t Ref::integer() const {
  if (!is(Kind::integer) && !is(Kind::boolean)) fail("needs an integer, found ", kind_name(kind()));
  return node().integer;
}

double Ref::real() const {
  if (is(Kind::real)) return node().real;
  return double(integer());
}

std::string_view Ref::text() const {
  if (!is_string() && !is(Kind::big_integer)) fail("needs text, found ", kind_name(kind()));
  return {node().text.data, node().text.size};
}

size_t Ref::size() const {
  if (!is_sequence()) fail("needs a list or tuple, found ", kind_name(kind()));
  return tree_->lists[node().index].size();
}

Ref Ref::operator[](size_t i) const {
  if (i >= size()) fail("needs at least ", i + 1, " items, found ", size());
  return {tree_, tree_->lists[node().index][i]};
}

bool Ref::is_dict() const {
  if (is(Kind::dict)) return true;
  if (!is(Kind::call)) return false;
  const Call& c = call();
  return names_dict(global()) || (c.items != kNoId && c.keyed);
}

std::vector<std::pair<Ref, Ref>> Ref::entries() const {
  std::vector<std::pair<Ref, Ref>> result;
  const auto add = [&](uint32_t list) {
    const auto& ids = tree_->lists[list];
    for (size_t i = 0; i + 1 < ids.size(); i += 2)
      result.emplace_back(Ref{tree_, ids[i]}, Ref{tree_, ids[i + 1]});
  };
  if (is(Kind::dict)) {
    add(node().index);
    return result;
  }
  if (!is_dict()) fail("needs a dictionary, found ", kind_name(kind()));
  // OrderedDict([[key, value], ...]) and dict({...}) as old picklers write them.
  for (size_t i = 0; i < arg_count(); ++i) {
    const Ref arg = this->arg(i);
    if (arg.is(Kind::dict)) {
      const auto inner = arg.entries();
      result.insert(result.end(), inner.begin(), inner.end());
    } else if (arg.is(Kind::list) || arg.is(Kind::tuple)) {
      for (size_t k = 0; k < arg.size(); ++k)
        if (arg[k].is_sequence() && arg[k].size() == 2) result.emplace_back(arg[k][0], arg[k][1]);
    }
  }
  const Call& c = call();
  if (c.items != kNoId && c.keyed) add(c.items);
  return result;
}

Ref Ref::find(std::string_view key) const {
  if (!*this) return {};
  const auto all = entries();
  for (auto it = all.rbegin(); it != all.rend(); ++it)  // the last one wins, as in Python
    if (it->first.is_string() && it->first.text() == key) return it->second;
  return {};
}

Ref Ref::at(std::string_view key) const {
  const Ref found = find(key);
  if (!found) fail("has no entry \"", key, "\"");
  return found;
}

std::string_view Ref::global() const {
  if (is(Kind::global)) return tree_->globals[node().index];
  const Ref function = callee();
  return function.is(Kind::global) ? function.global() : std::string_view{};
}

Ref Ref::callee() const { return {tree_, call().callee}; }
Ref Ref::args() const { return {tree_, call().args}; }
Ref Ref::kwargs() const { return {tree_, call().kwargs}; }
Ref Ref::state() const { return {tree_, call().state}; }

size_t Ref::arg_count() const {
  const Ref all = args();
  return all && all.is_sequence() ? all.size() : 0;
}

Ref Ref::arg(size_t i) const {
  if (i >= arg_count()) fail("`", global(), "` needs at least ", i + 1, " arguments");
  return args()[i];
}

Ref Ref::persistent_id() const {
  if (!is(Kind::persistent)) fail("needs a persistent reference, found ", kind_name(kind()));
  return {tree_, node().index};
}

std::vector<Ref> Ref::items() const {
  std::vector<Ref> result;
  const Call& c = call();
  if (c.items != kNoId && !c.keyed)
    for (const Id id : tree_->lists[c.items]) result.emplace_back(tree_, id);
  return result;
}

std::string Ref::where() const {
  return cat(tree_->name, ": ", opcode_name(node().opcode), " at byte ", node().at);
}

void Walk::charge(size_t visits, const Ref& at) {
  if (visits > left_) at.fail("the same parts are repeated too many times");
  left_ -= visits;
}

Walk::Step::Step(Walk& walk, const Ref& at) : walk_(walk) {
  walk.charge(1, at);
  if (walk.depth_ >= kDepth) at.fail("nested deeper than ", kDepth, " levels, or inside itself");
  ++walk.depth_;
}

bool is_bytes(const Ref& value) {
  if (value.is(Kind::bytes)) return true;
  if (!value.is(Kind::call)) return false;
  const auto name = value.global();
  return name == "_codecs.encode" || name == "builtins.bytes" || name == "__builtin__.bytes" ||
         name == "builtins.bytearray" || name == "__builtin__.bytearray";
}

std::string_view bytes_of(const Ref& value, std::string& hold) {
  if (value.is(Kind::bytes)) return value.text();
  if (!is_bytes(value)) value.fail("needs bytes, found ", kind_name(value.kind()));
  if (value.arg_count() == 0) return {};
  const Ref from = value.arg(0);
  if (from.is(Kind::bytes)) return from.text();
  // One level only: bytearray(_codecs.encode(text)) is not written by any pickler.
  if (!from.is(Kind::text)) value.fail("needs bytes or a text to encode");
  if (value.arg_count() > 1) {
    std::string encoding(value.arg(1).text());
    std::erase_if(encoding, [](char c) { return c == '-' || c == '_'; });
    if (encoding != "latin1" && encoding != "iso88591")
      value.fail("bytes written as text need the encoding latin1, found ", value.arg(1).text());
  }
  const std::string_view utf8 = from.text();
  hold.clear();
  hold.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = uint8_t(utf8[i]);
    if (c < 0x80) {
      hold.push_back(char(c));
    } else if ((c == 0xC2 || c == 0xC3) && i + 1 < utf8.size() && (utf8[i + 1] & 0xC0) == 0x80) {
      hold.push_back(char(((c & 3) << 6) | (utf8[++i] & 0x3F)));
    } else {
      value.fail("bytes written as text hold a character outside latin1");
    }
  }
  return hold;
}

}  // namespace sgan::io::pickle
