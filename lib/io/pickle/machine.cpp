#include "lib/io/pickle/machine.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "lib/io/pickle/builder.hpp"
#include "lib/io/pickle/opcodes.hpp"

namespace sgan::io::pickle {
namespace {

class Machine {
 public:
  Machine(std::string_view data, const std::string& name, size_t base, const Limits& limits)
      : data_(data), name_(name), base_(base), limits_(limits), make_(name, limits) {}

  Tree run(size_t* end) {
    while (step()) {
    }
    const Id root = pop();
    require(marks_.empty() && stack_.empty(), "values are left over");
    if (end) *end = pos_;
    return make_.finish(root);
  }

 private:
  template <class... Args>
  void require(bool ok, const Args&... args) const {
    make_.require(ok, args...);
  }

  // ---- arguments of opcodes
  std::string_view take(uint64_t bytes) {
    require(bytes <= data_.size() - pos_, "declares ", bytes, " bytes, the file has ",
            data_.size() - pos_, " left");
    const auto result = data_.substr(pos_, size_t(bytes));
    pos_ += size_t(bytes);
    return result;
  }
  template <class T>
  T number() {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view line() {
    const auto window = data_.substr(pos_, limits_.line);
    const size_t newline = window.find('\n');
    require(newline != window.npos, "its argument has no end");
    pos_ += newline + 1;
    return window.substr(0, newline);
  }
  template <class T>
  T line_number() {
    auto text = line();
    if (text.ends_with('L')) text.remove_suffix(1);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(error == std::errc{} && end == text.data() + text.size() && !text.empty(),
            "its argument is not a number within 64 bits");
    return value;
  }

  // ---- stack, marks and memo
  void push(Id id) {
    make_.count_references(1);
    stack_.push_back(id);
  }
  Id top() const {
    require(stack_.size() > (marks_.empty() ? 0 : marks_.back()),
            "needs a value, the stack is empty");
    return stack_.back();
  }
  Id pop() {
    const Id id = top();
    stack_.pop_back();
    make_.forget_references(1);
    return id;
  }
  std::vector<Id> pop_to_mark() {
    require(!marks_.empty(), "has no MARK before it");
    std::vector<Id> items(stack_.begin() + ptrdiff_t(marks_.back()), stack_.end());
    make_.forget_references(items.size());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  void put(uint64_t index) {
    require(memo_.size() < limits_.memo, "more than ", limits_.memo, " memo entries");
    memo_[index] = top();
  }
  void get(uint64_t index) {
    const auto found = memo_.find(index);
    require(found != memo_.end(), "reads the memo entry ", index, ", which was never written");
    push(found->second);
  }

  Id long_integer(std::string_view bytes);
  bool step();
  void step_value();
  void step_container();
  void step_object();
  void step_old();

  std::string_view data_;
  const std::string& name_;
  size_t base_, pos_ = 0;
  uint8_t op_ = 0;
  Limits limits_;
  Builder make_;
  std::vector<Id> stack_;
  std::vector<size_t> marks_;  // stack sizes
  std::unordered_map<uint64_t, Id> memo_;
};

Id Machine::long_integer(std::string_view bytes) {
  if (bytes.size() > 8) return make_.text(Kind::big_integer, bytes);
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t(uint8_t(bytes[i])) << (8 * i);
  if (!bytes.empty() && bytes.size() < 8 && (bytes.back() & 0x80))
    value |= ~uint64_t{0} << (8 * bytes.size());
  return make_.integer(int64_t(value));
}

// One opcode; false after STOP.
bool Machine::step() {
  if (pos_ >= data_.size())
    sgan::fail(name_, ": truncated: the pickle ends at byte ", base_ + pos_, " without STOP");
  op_ = uint8_t(data_[pos_]);
  make_.begin(op_, base_ + pos_++);
  switch (op_) {
    case PROTO: {
      const int version = number<uint8_t>();
      require(version <= 5, "pickle protocol ", version, " is not known");
      return true;
    }
    case FRAME: {
      const auto bytes = number<uint64_t>();
      require(bytes <= data_.size() - pos_, "declares a frame of ", bytes, " bytes, the file has ",
              data_.size() - pos_, " left");
      return true;
    }
    case STOP:
      return false;
    case MARK:
      require(marks_.size() < limits_.marks, "nested deeper than ", limits_.marks, " levels");
      marks_.push_back(stack_.size());
      return true;
    case POP:
      if (!marks_.empty() && stack_.size() == marks_.back())
        marks_.pop_back();
      else
        pop();
      return true;
    case POP_MARK:
      pop_to_mark();
      return true;
    case DUP:
      push(top());
      return true;
    case BINPUT:
      put(number<uint8_t>());
      return true;
    case LONG_BINPUT:
      put(number<uint32_t>());
      return true;
    case MEMOIZE:
      put(memo_.size());
      return true;
    case BINGET:
      get(number<uint8_t>());
      return true;
    case LONG_BINGET:
      get(number<uint32_t>());
      return true;
    case EXT1:
    case EXT2:
    case EXT4:
      make_.refuse("classes from the extension registry are not known");
    case NEXT_BUFFER:
    case READONLY_BUFFER:
      make_.refuse("data outside the file is not supported");
    default:
      step_value();
      return true;
  }
}

// Numbers, texts and bytes.
void Machine::step_value() {
  switch (op_) {
    case NONE:
      return push(make_.add(Kind::none));
    case NEWTRUE:
    case NEWFALSE:
      return push(make_.integer(op_ == NEWTRUE, Kind::boolean));
    case BININT:
      return push(make_.integer(number<int32_t>()));
    case BININT1:
      return push(make_.integer(number<uint8_t>()));
    case BININT2:
      return push(make_.integer(number<uint16_t>()));
    case LONG1:
      return push(long_integer(take(number<uint8_t>())));
    case LONG4: {
      const auto bytes = number<int32_t>();
      require(bytes >= 0, "declares a negative size");
      return push(long_integer(take(uint64_t(bytes))));
    }
    case BINFLOAT:
      return push(make_.real(std::bit_cast<double>(__builtin_bswap64(number<uint64_t>()))));
    case SHORT_BINUNICODE:
      return push(make_.text(Kind::text, take(number<uint8_t>())));
    case BINUNICODE:
      return push(make_.text(Kind::text, take(number<uint32_t>())));
    case BINUNICODE8:
      return push(make_.text(Kind::text, take(number<uint64_t>())));
    case SHORT_BINBYTES:
    case SHORT_BINSTRING:
      return push(make_.text(Kind::bytes, take(number<uint8_t>())));
    case BINBYTES:
    case BINSTRING:
      return push(make_.text(Kind::bytes, take(number<uint32_t>())));
    case BINBYTES8:
    case BYTEARRAY8:
      return push(make_.text(Kind::bytes, take(number<uint64_t>())));
    default:
      step_container();
  }
}

void Machine::step_container() {
  switch (op_) {
    case EMPTY_LIST:
      return push(make_.container(Kind::list));
    case EMPTY_TUPLE:
      return push(make_.container(Kind::tuple));
    case EMPTY_DICT:
      return push(make_.container(Kind::dict));
    case EMPTY_SET:
      return push(make_.container(Kind::set));
    case LIST:
      return push(make_.container(Kind::list, pop_to_mark()));
    case TUPLE:
      return push(make_.container(Kind::tuple, pop_to_mark()));
    case FROZENSET:
      return push(make_.container(Kind::set, pop_to_mark()));
    case DICT:
      return push(make_.container(Kind::dict, pop_to_mark()));
    case TUPLE1:
    case TUPLE2:
    case TUPLE3: {
      std::vector<Id> items(op_ - TUPLE1 + 1);
      for (size_t i = items.size(); i-- > 0;) items[i] = pop();
      return push(make_.container(Kind::tuple, std::move(items)));
    }
    case APPEND: {
      const Id item = pop();
      return make_.extend(top(), {item}, false);
    }
    case SETITEM: {
      const Id value = pop(), key = pop();
      return make_.extend(top(), {key, value}, true);
    }
    case APPENDS:
    case ADDITEMS:
    case SETITEMS: {
      const auto items = pop_to_mark();
      return make_.extend(top(), items, op_ == SETITEMS);
    }
    default:
      step_object();
  }
}

// Classes, calls and references, as data.
void Machine::step_object() {
  switch (op_) {
    case GLOBAL: {
      const auto module = line(), name = line();
      return push(make_.global(module, name));
    }
    case STACK_GLOBAL: {
      const Id name = pop(), module = pop();
      require(make_.is(name, Kind::text) && make_.is(module, Kind::text),
              "names a class by something that is not text");
      return push(make_.global(make_.text(module), make_.text(name)));
    }
    case REDUCE:
    case NEWOBJ: {
      const Id args = pop(), callee = pop();
      return push(make_.call(callee, args));
    }
    case NEWOBJ_EX: {
      const Id kwargs = pop(), args = pop(), callee = pop();
      return push(make_.call(callee, args, kwargs));
    }
    case BUILD: {
      const Id state = pop();
      return make_.set_state(top(), state);
    }
    case BINPERSID:
      return push(make_.persistent(pop()));
    default:
      step_old();
  }
}

// What protocols 0 and 1 use, and Python 2 still mixes into protocol 2.
void Machine::step_old() {
  switch (op_) {
    case INT: {
      const auto text = data_.substr(pos_, 3);
      if (text != "00\n" && text != "01\n") return push(make_.integer(line_number<int64_t>()));
      pos_ += 3;  // a boolean, once
      return push(make_.integer(text[1] - '0', Kind::boolean));
    }
    case LONG:
      return push(make_.integer(line_number<int64_t>()));
    case FLOAT:
      return push(make_.real(line_number<double>()));
    case STRING: {  // 'quoted'
      const auto text = line();
      require(text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0],
              "a string without quotes");
      require(text.find('\\') == text.npos, "strings with escapes are not supported");
      return push(make_.text(Kind::bytes, text.substr(1, text.size() - 2)));
    }
    case UNICODE: {
      const auto text = line();
      require(text.find('\\') == text.npos, "texts with escapes are not supported");
      std::string utf8;  // the line is latin1
      for (const char c : text) {
        if (uint8_t(c) < 0x80) {
          utf8.push_back(c);
        } else {
          utf8.push_back(char(0xC0 | (uint8_t(c) >> 6)));
          utf8.push_back(char(0x80 | (uint8_t(c) & 0x3F)));
        }
      }
      return push(make_.own_text(Kind::text, std::move(utf8)));
    }
    case GET:
      return get(line_number<uint64_t>());
    case PUT:
      return put(line_number<uint64_t>());
    case PERSID:
      return push(make_.persistent(make_.text(Kind::text, line())));
    case INST: {
      const auto module = line(), name = line();
      const Id callee = make_.global(module, name);
      return push(make_.call(callee, make_.container(Kind::tuple, pop_to_mark())));
    }
    case OBJ: {
      auto items = pop_to_mark();
      require(!items.empty(), "makes an object of no class");
      const Id callee = items.front();
      items.erase(items.begin());
      return push(make_.call(callee, make_.container(Kind::tuple, std::move(items))));
    }
    default:
      make_.refuse("byte ", int(op_), " is not an opcode: not a pickle, or damaged");
  }
}

}  // namespace

Tree parse(std::string_view data, const std::string& name, size_t base, size_t* end,
           const Limits& limits) {
  return Machine(data, name, base, limits).run(end);
}

}  // namespace sgan::io::pickle
