// The pickle machine: values of every protocol, and how it refuses.
#include <boost/test/unit_test.hpp>
#include <limits>

#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/text.hpp"
#include "tests/io/pickle_test.hpp"

namespace sgan::io::pickle {
namespace {

nlohmann::json value_of(const std::string& data) { return to_json(parse(data, "test.pkl").root()); }

BOOST_AUTO_TEST_SUITE(pickle_machine)

BOOST_AUTO_TEST_CASE(numbers_of_every_opcode) {
  Writer w;
  w.proto(5).op(MARK);
  w.op(NONE).op(NEWTRUE).op(NEWFALSE);
  w.integer(-5).op(BININT1).number<uint8_t>(200).op(BININT2).number<uint16_t>(60000);
  w.op(LONG1).number<uint8_t>(0);
  w.op(LONG1).number<uint8_t>(1).raw("\xff");
  w.op(LONG1).number<uint8_t>(5).raw(std::string("\x01\x00\x00\x00\x08", 5));
  w.op(LONG4).number<int32_t>(8).number(std::numeric_limits<int64_t>::min());
  w.op(BINFLOAT).raw(std::string("\x3f\xf8\0\0\0\0\0\0", 8));
  w.op(INT).raw("01\n").op(INT).raw("00\n").op(INT).raw("-17\n").op(LONG).raw("99L\n");
  w.op(FLOAT).raw("2.5e3\n");
  w.op(TUPLE);
  const auto expected = nlohmann::json::parse(
      "[null, true, false, -5, 200, 60000, 0, -1, 34359738369, -9223372036854775808, 1.5, "
      "true, false, -17, 99, 2500.0]");
  BOOST_TEST(value_of(w.stop()) == expected);
}

BOOST_AUTO_TEST_CASE(texts_of_every_opcode) {
  Writer w;
  w.op(MARK);
  w.op(SHORT_BINUNICODE).number<uint8_t>(2).raw("\xc3\xa9");
  w.str("b").op(BINUNICODE8).number<uint64_t>(1).raw("c");
  w.op(SHORT_BINBYTES).number<uint8_t>(1).raw("d").bytes("e");
  w.op(BINBYTES8).number<uint64_t>(1).raw("f").op(BYTEARRAY8).number<uint64_t>(1).raw("g");
  w.op(SHORT_BINSTRING).number<uint8_t>(1).raw("h").op(BINSTRING).number<uint32_t>(1).raw("i");
  w.op(STRING).raw("'j'\n").op(UNICODE).raw("\xe9k\n");
  w.op(LIST);
  const auto expected = nlohmann::json::parse(
      "[\"\u00e9\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"\u00e9k\"]");
  BOOST_TEST(value_of(w.stop()) == expected);
}

BOOST_AUTO_TEST_CASE(containers_memo_and_marks) {
  Writer w;
  w.op(EMPTY_DICT).op(MEMOIZE);
  w.op(MARK).str("list").op(EMPTY_LIST).op(BINPUT).number<uint8_t>(9);
  w.integer(1).op(APPEND).op(MARK).integer(2).integer(3).op(APPENDS);
  w.str("again").op(BINGET).number<uint8_t>(9);
  w.str("tuples").integer(1).op(TUPLE1).integer(2).op(DUP).op(TUPLE2).op(TUPLE2);
  w.str("set").op(EMPTY_SET).op(MARK).integer(4).op(ADDITEMS);
  w.str("frozen").op(MARK).integer(5).op(FROZENSET);
  w.str("dict").op(MARK).str("k").integer(6).op(DICT);
  w.str("popped").integer(7).integer(8).op(POP).op(MARK).integer(9).op(POP_MARK).op(MARK).op(POP);
  w.op(SETITEMS).str("single").integer(10).op(SETITEM);
  const auto expected = nlohmann::json::parse(
      R"({"list":[1,2,3],"again":[1,2,3],"tuples":[[1],[2,2]],"set":[4],"frozen":[5],)"
      R"("dict":{"k":6},"popped":7,"single":10})");
  BOOST_TEST(value_of(w.stop()) == expected);
}

BOOST_AUTO_TEST_CASE(objects_are_data) {
  Writer w;
  w.proto(4).global("some.module", "Class").op(EMPTY_TUPLE).op(NEWOBJ);
  w.op(EMPTY_DICT).op(MARK).str("a").integer(1).op(SETITEMS).op(BUILD);
  const std::string data = w.stop();
  const Tree tree = parse(data, "test.pkl");
  const Ref root = tree.root();
  BOOST_TEST(root.calls("some.module.Class"));
  BOOST_TEST(root.state().at("a").integer() == 1);
  BOOST_TEST(root.where() == "test.pkl: NEWOBJ at byte 22");

  Writer ex;
  ex.str("m").str("C").op(STACK_GLOBAL).integer(1).op(TUPLE1).op(EMPTY_DICT).op(NEWOBJ_EX);
  const std::string ex_data = ex.stop();
  const Tree ex_tree = parse(ex_data, "test.pkl");
  BOOST_TEST(ex_tree.root().calls("m.C"));
  BOOST_TEST(ex_tree.root().arg(0).integer() == 1);

  Writer old;
  old.op(MARK).integer(3).op(INST).raw("m\nC\n");
  const std::string old_data = old.stop();
  const Tree old_tree = parse(old_data, "test.pkl");
  BOOST_TEST(old_tree.root().calls("m.C"));
  BOOST_TEST(old_tree.root().arg(0).integer() == 3);
}

BOOST_AUTO_TEST_CASE(dictionaries_of_other_classes) {
  // OrderedDict with items, with a list of pairs, and an EasyDict; a later key wins.
  Writer w;
  w.op(MARK);
  w.global("collections", "OrderedDict").op(EMPTY_TUPLE).op(REDUCE);
  w.op(MARK).str("a").integer(1).str("a").integer(2).op(SETITEMS);
  w.op(EMPTY_DICT).op(MARK).str("_metadata").op(NONE).op(SETITEMS).op(BUILD);
  w.global("collections", "OrderedDict").op(MARK).op(MARK);
  w.op(MARK).str("b").integer(3).op(LIST).op(LIST).op(TUPLE).op(REDUCE);
  w.global("dnnlib.util", "EasyDict").op(EMPTY_TUPLE).op(NEWOBJ);
  w.op(MARK).str("c").integer(4).op(SETITEMS);
  w.op(LIST);
  BOOST_TEST(value_of(w.stop()) == nlohmann::json::parse(R"([{"a":2},{"b":3},{"c":4}])"));
}

BOOST_AUTO_TEST_CASE(code_is_refused_with_its_place) {
  const std::pair<const char*, const char*> names[] = {
      {"os", "system"},
      {"posix", "system"},
      {"nt", "system"},
      {"subprocess", "Popen"},
      {"builtins", "eval"},
      {"builtins", "exec"},
      {"builtins", "getattr"},
      {"builtins", "__import__"},
      {"__builtin__", "apply"},
      {"builtins", "open"},
      {"sys", "modules"},
      {"importlib", "import_module"},
      {"runpy", "_run_code"},
      {"socket", "socket"},
      {"shutil", "rmtree"},
      {"pty", "spawn"},
      {"os.path", "join"},
      {"operator", "attrgetter"},
      {"torch", "load"},
      {"torch.hub", "load"},
      {"numpy.testing._private.utils", "runstring"},
      {"types", "CodeType"},
      {"marshal", "loads"},
      {"ctypes", "CDLL"},
      {"builtins", "dict.get"},
      {"a.b", "f.__globals__.get"}};
  for (const auto& [module, name] : names) {
    Writer w;
    w.proto(2).global(module, name).str("touch /tmp/owned").op(TUPLE1).op(REDUCE);
    const std::string full = cat("`", module, ".", name, "`");
    check_refused([&] { parse(w.stop(), "evil.pkl"); }, "evil.pkl: refuses to load " + full,
                  "(GLOBAL at byte 2)", "it is code, not weights");
    Writer stack;
    stack.proto(4).str(module).str(name).op(STACK_GLOBAL).str("x").op(TUPLE1).op(REDUCE);
    check_refused([&] { parse(stack.stop(), "evil.pkl"); }, full, "STACK_GLOBAL at byte");
    Writer inst;
    inst.op(MARK).str("x").op(INST).raw(cat(module, "\n", name, "\n"));
    check_refused([&] { parse(inst.stop(), "evil.pkl"); }, full, "INST at byte");
  }
}

BOOST_AUTO_TEST_CASE(harmless_names_pass) {
  const std::pair<const char*, const char*> names[] = {{"builtins", "set"},
                                                       {"__builtin__", "long"},
                                                       {"collections", "OrderedDict"},
                                                       {"pathlib", "PosixPath"},
                                                       {"argparse", "Namespace"},
                                                       {"torch", "device"},
                                                       {"torch", "Size"},
                                                       {"training.networks", "Generator"},
                                                       {"types", "SimpleNamespace"},
                                                       {"functools", "partial"},
                                                       {"torch._C", "Generator"}};
  for (const auto& [module, name] : names) {
    Writer w;
    w.proto(2).global(module, name).op(EMPTY_TUPLE).op(REDUCE);
    BOOST_TEST(message_of([&] { parse(w.stop(), "t.pkl"); }) == "", module << "." << name);
  }
}

BOOST_AUTO_TEST_CASE(malformed_opcodes_are_named) {
  const auto refused = [](Writer& w, const std::string& part) {
    check_refused([&] { parse(w.stop(), "bad.pkl"); }, "bad.pkl: ", part, " at byte ");
  };
  Writer a, b, c, d, e, f, g, h, i, j, k, l, m;
  refused(a.op(NONE).op(APPEND), "APPEND");
  refused(b.op(APPENDS), "APPENDS");
  refused(c.integer(1).op(EMPTY_TUPLE).op(REDUCE), "REDUCE");
  refused(d.op(EMPTY_DICT).op(NONE).op(BUILD), "BUILD");
  refused(e.op(EMPTY_DICT).op(MARK).integer(1).op(SETITEMS), "SETITEMS");
  refused(f.op(BINGET).number<uint8_t>(3), "BINGET");
  refused(g.op(EXT1).number<uint8_t>(3), "EXT1");
  refused(h.op(NEXT_BUFFER), "NEXT_BUFFER");
  refused(i.proto(6), "PROTO");
  refused(j.op(MARK).integer(1).op(DUP).op(OBJ), "OBJ");
  refused(k.op(0xff), "unknown opcode");
  refused(l.op(LONG4).number<int32_t>(-1), "LONG4");
  refused(m.op(MARK).op(NONE).op(EMPTY_TUPLE).op(NEWOBJ), "NEWOBJ");
  check_refused([] { parse("", "bad.pkl"); }, "bad.pkl: truncated");
  check_refused([] { parse("NN.", "bad.pkl"); }, "left over");
  check_refused([] { parse("(N.", "bad.pkl"); }, "left over");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io::pickle
