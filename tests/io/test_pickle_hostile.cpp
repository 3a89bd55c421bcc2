// Pickles made to hurt: each must end quickly, in bounded memory, with one line.
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>

#include "lib/io/import/import.hpp"
#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/numpy.hpp"
#include "lib/io/pickle/text.hpp"
#include "lib/io/pickle/torch_file.hpp"
#include "tests/io/pickle_test.hpp"

namespace sgan::io::pickle {
namespace {

BOOST_AUTO_TEST_SUITE(pickle_hostile)

// Everything a reader does with a pickle of unknown contents.
void digest(const std::string& data) {
  const Tree tree = parse(data, "evil.pkl");
  Budget budget(data.size());
  TensorReader reader(budget, nullptr);
  contents(tree.root(), reader);
  to_json(tree.root());
}

BOOST_AUTO_TEST_CASE(a_system_call_does_not_run) {
  const std::string mark = "/tmp/sgan-test-owned-" + std::to_string(getpid());
  std::filesystem::remove(mark);
  for (const char* module : {"os", "posix"}) {
    Writer w;
    w.proto(2).global(module, "system").str("touch " + mark).op(TUPLE1).op(REDUCE);
    check_refused([&] { digest(w.stop()); },
                  cat("evil.pkl: refuses to load `", module, ".system` (GLOBAL at byte 2)"));
  }
  BOOST_TEST(!std::filesystem::exists(mark));
}

BOOST_AUTO_TEST_CASE(deep_nesting) {
  // A million lists inside each other, without and with MARK, and a chain of calls.
  std::string lists(1000000, char(EMPTY_LIST));
  lists += std::string(999999, char(APPEND));
  check_refused([&] { digest(lists + "."); }, "nested deeper");
  std::string tuples = "N" + std::string(1000000, char(TUPLE1));
  check_refused([&] { digest(tuples + "."); }, "nested deeper");
  check_refused([&] { digest(std::string(1000000, char(MARK)) + "."); }, "nested deeper");
  Writer calls;
  calls.global("m", "C").put(0).op(EMPTY_TUPLE).op(REDUCE);
  for (int i = 0; i < 100000; ++i) calls.put(1).op(POP).get(0).get(1).op(TUPLE1).op(REDUCE);
  BOOST_TEST(parse(calls.stop(), "t").node_count() > 100000u);
  Writer states;
  states.global("m", "C").op(EMPTY_TUPLE).op(REDUCE);
  for (int i = 0; i < 1000; ++i) {
    states.put(0).op(POP).global("m", "C").op(EMPTY_TUPLE).op(REDUCE);
    states.op(EMPTY_DICT).str("a").get(0).op(SETITEM).op(BUILD);
  }
  check_refused([&] { digest(states.stop()); }, "nested deeper");
}

BOOST_AUTO_TEST_CASE(huge_declared_sizes) {
  const auto refused = [](Writer& w) {
    check_refused([&] { digest(w.text); }, "evil.pkl: ", " at byte ", "declares");
  };
  Writer a, b, c, d, e, f, g;
  refused(a.op(BINBYTES).number<uint32_t>(0xffffffff).raw("x"));
  refused(b.op(BINBYTES8).number<uint64_t>(~uint64_t{0}).raw("x"));
  refused(c.op(BINUNICODE8).number<uint64_t>(uint64_t{1} << 62).raw("x"));
  refused(d.op(BYTEARRAY8).number<uint64_t>(uint64_t{1} << 40).raw("x"));
  refused(e.op(LONG4).number<int32_t>(0x7fffffff).raw("x"));
  refused(f.op(FRAME).number<uint64_t>(1000).op(NONE));
  refused(g.op(SHORT_BINUNICODE).number<uint8_t>(255).raw("x"));
}

BOOST_AUTO_TEST_CASE(memo_and_stack_bombs) {
  Limits limits;
  limits.memo = 1000;
  limits.references = 5000;
  limits.nodes = 4000;
  const auto refused = [&](const std::string& data, const char* part) {
    check_refused([&] { parse(data, "evil.pkl", 0, nullptr, limits); }, "evil.pkl: ", part);
  };
  Writer memo;
  memo.op(NONE);
  for (uint32_t i = 0; i < 1001; ++i) memo.put(i * 1000003u);
  refused(memo.stop(), "memo entries");
  refused("N" + std::string(5001, char(DUP)) + ".", "references");
  refused(std::string(4001, char(EMPTY_DICT)) + ".", "values");
  // Tuples of 1000 items each, over and over: references, not values.
  Writer wide;
  wide.op(MARK);
  for (int i = 0; i < 10; ++i) {
    wide.op(MARK).op(NONE).raw(std::string(999, char(DUP))).op(TUPLE);
  }
  refused(wide.stop(), "references");
  check_refused([&] { parse("N" + std::string(size_t{17} << 20, char(DUP)) + ".", "evil.pkl"); },
                "references");
}

BOOST_AUTO_TEST_CASE(shared_parts_do_not_multiply) {
  // A list of ten times the list before it, thirty levels: 1e30 leaves on paper.
  Writer w;
  w.op(EMPTY_LIST).integer(1).op(APPEND);
  for (int level = 0; level < 30; ++level) {
    w.put(0).op(POP).op(EMPTY_LIST).op(MARK);
    for (int i = 0; i < 10; ++i) w.get(0);
    w.op(APPENDS);
  }
  const std::string data = w.stop();
  BOOST_TEST(parse(data, "t").node_count() < 100u);
  check_refused([&] { digest(data); }, "evil.pkl: ", "repeated too many times");
  check_refused([&] { to_json(parse(data, "evil.pkl").root()); }, "repeated too many times");
}

// One value used by a hundred thousand entries: long names, long texts, empty tensors, large
// settings.
BOOST_AUTO_TEST_CASE(one_part_used_everywhere) {
  const auto entries = [](Writer& w, const std::string& key) {
    w.op(MARK);
    for (int i = 0; i < 100000; ++i) w.str(key).get(0);
    w.op(SETITEMS);
  };
  const auto refused = [](const std::string& data) {
    check_refused([&] { digest(data); }, "evil.pkl: ", " at byte ");
  };
  Writer text;  // 6 GB of values
  text.str(std::string(60000, 'x')).put(0).op(POP).op(MARK);
  for (int i = 0; i < 100000; ++i) text.get(0);
  refused(text.op(LIST).stop());
  Writer names;  // paths of 1000 characters each
  names.op(EMPTY_LIST).op(MARK);
  for (int i = 0; i < 1000; ++i) names.op(NONE);
  names.op(APPENDS).put(0).op(POP).op(EMPTY_DICT);
  entries(names, std::string(1000, 'k'));
  refused(names.stop());
  Writer same;  // the same key again and again
  same.op(EMPTY_DICT).put(0).op(MARK);
  for (int i = 0; i < 100000; ++i) same.str("k").op(NONE);
  same.op(SETITEMS).op(POP).op(EMPTY_DICT);
  entries(same, "g");
  const std::string data = same.stop();
  refused(data);
  check_refused([&] { import_network(data, "evil.pkl"); }, "evil.pkl: ");
}

BOOST_AUTO_TEST_CASE(cycles_end) {
  Writer list;
  list.op(EMPTY_LIST).put(0).get(0).op(APPEND);
  check_refused([&] { digest(list.stop()); }, "inside itself");
  Writer dict;
  dict.op(EMPTY_DICT).put(0).str("me").get(0).op(SETITEM);
  check_refused([&] { digest(dict.stop()); }, "inside itself");
  Writer object;
  object.global("m", "C").op(EMPTY_TUPLE).op(NEWOBJ).put(0);
  object.op(EMPTY_DICT).str("me").get(0).op(SETITEM).op(BUILD);
  check_refused([&] { digest(object.stop()); }, "inside itself");
  // A parameter of a parameter of ... itself cannot be written; of many levels it can.
  Writer parameter;
  parameter.op(NONE);
  for (int i = 0; i < 100; ++i) {
    parameter.put(0).op(POP).global("torch._utils", "_rebuild_parameter");
    parameter.get(0).op(NEWFALSE).op(NONE).op(TUPLE3).op(REDUCE);
  }
  check_refused([&] { digest(parameter.stop()); }, "inside itself");
}

BOOST_AUTO_TEST_CASE(one_big_text_used_as_many_arrays) {
  // 100 kB of data, decoded and copied by each of 10,000 arrays: 1 GB on paper.
  Writer w;
  w.str(std::string(100000, 'x')).put(0).op(POP);
  w.global("numpy", "dtype").str("u1").op(TUPLE1).op(REDUCE).put(1).op(POP);
  w.op(MARK);
  for (int i = 0; i < 10000; ++i) {
    w.global("numpy.core.multiarray", "_reconstruct").op(EMPTY_TUPLE).op(REDUCE).op(MARK);
    w.integer(1).tuple({100000}).get(1).op(NEWFALSE);
    w.global("_codecs", "encode").get(0).str("latin1").op(TUPLE2).op(REDUCE);
    w.op(TUPLE).op(BUILD);
  }
  w.op(LIST);
  check_refused([&] { digest(w.stop()); }, "far more data than it holds");
}

BOOST_AUTO_TEST_CASE(names_that_are_not_text) {
  for (const char* key : {"a\nb", "\x1b[31m", "\xff\xfe", "\xed\xa0\x80"}) {
    Writer w;
    w.op(EMPTY_DICT).str(key).integer(1).op(SETITEM);
    check_refused([&] { digest(w.stop()); }, "not text");
  }
  Writer path;  // 200 levels of long names
  path.op(NONE);
  for (int i = 0; i < 150; ++i)
    path.put(0).op(POP).op(EMPTY_DICT).str(std::string(1000, 'a')).get(0).op(SETITEM);
  check_refused([&] { digest(path.stop()); }, "path of more than");
}

// Every prefix of a pickle with one of everything, and every byte of it changed.
BOOST_AUTO_TEST_CASE(truncated_and_changed_anywhere) {
  Writer w;
  w.proto(4).op(EMPTY_DICT).op(MEMOIZE).op(MARK);
  w.str("t").global("torch._utils", "_rebuild_tensor_v2").integer(1).op(TUPLE1).op(REDUCE);
  w.str("n").op(LONG1).number<uint8_t>(3).raw("abc").op(BINFLOAT).number(1.0).op(TUPLE2);
  w.str("b").bytes("bytes").str("l").op(MARK).op(NONE).op(NEWTRUE).op(LIST);
  w.str("o").str("m").str("C").op(STACK_GLOBAL).op(EMPTY_TUPLE).op(NEWOBJ).op(EMPTY_DICT).op(BUILD);
  w.op(SETITEMS);
  const std::string whole = w.stop();
  for (size_t size = 0; size < whole.size(); ++size)
    check_refused([&] { parse(std::string_view(whole).substr(0, size), "t.pkl"); }, "t.pkl");
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string damaged = whole;
      damaged[at] = char(damaged[at] ^ change);
      const std::string message = message_of([&] { digest(damaged); });
      BOOST_TEST(message.find('\n') == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io::pickle
