// Makes and fills the nodes of a Tree on behalf of the machine, within its limits. Messages name
// the opcode at work.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/io/pickle/globals.hpp"
#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/opcodes.hpp"

namespace sgan::io::pickle {

class Builder {
 public:
  Builder(const std::string& name, const Limits& limits) : limits_(limits) { tree_.name = name; }

  // The opcode that is being carried out, for messages and for the nodes it makes.
  void begin(uint8_t opcode, uint64_t at) {
    opcode_ = opcode;
    at_ = at;
  }
  template <class... Args>
  [[noreturn]] void refuse(const Args&... args) const {
    sgan::fail(tree_.name, ": ", opcode_name(opcode_), " at byte ", at_, ": ", args...);
  }
  template <class... Args>
  void require(bool ok, const Args&... args) const {
    if (!ok) [[unlikely]]
      refuse(args...);
  }
  void count_references(size_t n) {
    references_ += n;
    require(references_ <= limits_.references, "more than ", limits_.references, " references");
  }
  void forget_references(size_t n) { references_ -= n; }

  Id add(Kind kind) {
    require(tree_.nodes.size() < limits_.nodes, "more than ", limits_.nodes, " values");
    Node node;
    node.kind = kind;
    node.opcode = opcode_;
    node.at = at_;
    tree_.nodes.push_back(node);
    return Id(tree_.nodes.size() - 1);
  }
  const Node& node(Id id) const { return tree_.nodes[id]; }
  bool is(Id id, Kind kind) const { return node(id).kind == kind; }
  std::string_view text(Id id) const { return {node(id).text.data, node(id).text.size}; }

  Id integer(int64_t value, Kind kind = Kind::integer) {
    const Id id = add(kind);
    tree_.nodes[id].integer = value;
    return id;
  }
  Id real(double value) {
    const Id id = add(Kind::real);
    tree_.nodes[id].real = value;
    return id;
  }
  Id text(Kind kind, std::string_view text) {
    const Id id = add(kind);
    tree_.nodes[id].text = {text.data(), text.size()};
    return id;
  }
  Id own_text(Kind kind, std::string decoded) {
    tree_.own_texts.push_back(std::move(decoded));
    return text(kind, tree_.own_texts.back());
  }
  Id container(Kind kind, std::vector<Id> items = {}) {
    count_references(items.size());
    require(kind != Kind::dict || items.size() % 2 == 0, "a key without a value");
    const Id id = add(kind);
    tree_.nodes[id].index = list(std::move(items));
    return id;
  }
  Id persistent(Id key) {
    const Id id = add(Kind::persistent);
    tree_.nodes[id].index = key;
    tree_.persistents.push_back(id);
    return id;
  }
  Id call(Id callee, Id args, Id kwargs = kNoId) {
    require(is(callee, Kind::global) || is(callee, Kind::call), "calls what is not a class");
    require(is(args, Kind::tuple), "the arguments are not a tuple");
    require(kwargs == kNoId || is(kwargs, Kind::dict), "the named arguments are not a dictionary");
    const Id id = add(Kind::call);
    tree_.nodes[id].index = uint32_t(tree_.calls.size());
    tree_.calls.push_back({.callee = callee, .args = args, .kwargs = kwargs});
    return id;
  }
  Id global(std::string_view module, std::string_view name) {
    require(!module.empty() && !name.empty() && module.size() + name.size() < limits_.line,
            "names a class without a name or with an endless one");
    std::string full = cat(module, ".", name);  // goes into messages: plain characters only
    std::replace_if(
        full.begin(), full.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    if (is_code(module, name))
      sgan::fail(tree_.name, ": refuses to load `", full, "` (", opcode_name(opcode_), " at byte ",
                 at_, "): it is code, not weights");
    const auto [it, fresh] = global_index_.try_emplace(full, uint32_t(tree_.globals.size()));
    if (fresh) tree_.globals.push_back(std::move(full));
    const Id id = add(Kind::global);
    tree_.nodes[id].index = it->second;
    return id;
  }

  // Appends to a list or set, or to the items of an object; keys and values in turn when `keyed`.
  void extend(Id target, const std::vector<Id>& items, bool keyed) {
    const Node& to = node(target);
    uint32_t index = to.index;
    if (to.kind == Kind::call) {
      Call& call = tree_.calls[to.index];
      if (call.items == kNoId) {
        call.items = list({});
        call.keyed = keyed;
      }
      require(call.keyed == keyed, "fills an object both as a list and as a dictionary");
      index = call.items;
    } else {
      require(keyed ? to.kind == Kind::dict : to.kind == Kind::list || to.kind == Kind::set,
              "fills something that is not a container of this kind");
    }
    require(!keyed || items.size() % 2 == 0, "a key without a value");
    count_references(items.size());
    tree_.lists[index].insert(tree_.lists[index].end(), items.begin(), items.end());
  }
  void set_state(Id object, Id state) {
    require(is(object, Kind::call), "gives a state to something that is not an object");
    tree_.calls[node(object).index].state = state;
  }

  Tree finish(Id root) {
    tree_.root_id = root;
    return std::move(tree_);
  }

 private:
  uint32_t list(std::vector<Id> items) {
    tree_.lists.push_back(std::move(items));
    return uint32_t(tree_.lists.size() - 1);
  }

  Limits limits_;
  Tree tree_;
  uint8_t opcode_ = 0;
  uint64_t at_ = 0;
  size_t references_ = 0;
  std::unordered_map<std::string, uint32_t> global_index_;
};

}  // namespace sgan::io::pickle
