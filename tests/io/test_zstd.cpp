#include <zstd.h>

#include "io_test.hpp"
#include "lib/io/sha256.hpp"
#include "lib/io/zstd_stream.hpp"

using namespace sgan::io;

namespace {

std::string frame(const std::string& content) {
  StringSink out;
  ZstdFrameWriter writer(out);
  writer.begin(content.size());
  writer.write(content.data(), content.size());
  writer.end();
  return out.text;
}

std::string skippable(int variant, const std::string& payload) {
  StringSink out;
  ZstdFrameWriter(out).skippable(variant, payload);
  return out.text;
}

std::string unpack(const std::string& bytes, size_t piece = 1 << 20,
                   ZstdSource::OnSkippable on_skippable = {}) {
  ZstdSource source(std::make_unique<Trickle>(bytes, piece), std::move(on_skippable));
  return source.read_all(size_t{1} << 30);
}

// Both compressible and not, longer than a block.
std::string content(size_t size) {
  std::string text(size, 'a');
  std::mt19937 random(4);
  for (size_t i = size / 2; i < size; ++i) text[i] = char(random());
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sha256_equals_the_examples_of_the_standard) {
  BOOST_TEST(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256_hex("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(sha256_hex(std::string(1000000, 'a')) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  Sha256 pieces, plain(true);  // any cutting and either implementation gives the same
  std::string all;
  for (size_t i = 0; i < 200; ++i) {
    const std::string piece(i, char(i));
    pieces.update(piece);
    plain.update(piece);
    all += piece;
  }
  BOOST_TEST(pieces.hex() == sha256_hex(all));
  BOOST_TEST(plain.hex() == sha256_hex(all));
}

BOOST_AUTO_TEST_CASE(zstd_frames_and_skippable_frames_come_back_in_order) {
  const std::string a = content(500000), b = content(3);
  const std::string bytes = skippable(3, "front") + frame(a) + frame("") + skippable(14, "") +
                            frame(b) + skippable(3, std::string(ZstdSource::kMaxSkippable, 'p'));
  for (const size_t piece : {size_t{1}, size_t{1000}, size_t{1} << 22}) {
    std::vector<std::pair<int, std::string>> seen;
    BOOST_TEST(unpack(bytes, piece, [&](int v, const std::string& p) {
                 seen.push_back({v, p});
               }) == a + b);
    BOOST_REQUIRE_EQUAL(seen.size(), 3u);
    BOOST_TEST(seen[0].first == 3);
    BOOST_TEST(seen[0].second == "front");
    BOOST_TEST(seen[1].first == 14);
    BOOST_TEST(seen[2].second.size() == ZstdSource::kMaxSkippable);
  }
  BOOST_TEST(unpack(bytes.substr(0, 0)) == "");
}

BOOST_AUTO_TEST_CASE(zstd_frames_have_a_checksum_and_their_length) {
  const std::string bytes = frame("hello");
  BOOST_TEST((bytes[4] & 4) == 4);  // RFC 8878, Content_Checksum_flag
  BOOST_TEST(ZSTD_getFrameContentSize(bytes.data(), bytes.size()) == 5u);
}

BOOST_AUTO_TEST_CASE(zstd_truncation_at_every_byte_is_an_error) {
  const std::string front = skippable(3, "{}"),
                    bytes = front + frame("some words") + frame(content(300));
  for (size_t n = 1; n < bytes.size(); ++n) {
    const std::string cut = bytes.substr(0, n);
    const bool between = n == front.size() || n == front.size() + frame("some words").size();
    if (between) {
      BOOST_TEST(error_of([&] { unpack(cut); }) == "");
    } else {
      check_error([&] { unpack(cut); }, sgan::cat("truncated after ", n, " bytes"));
    }
  }
}

BOOST_AUTO_TEST_CASE(zstd_a_changed_bit_never_changes_the_contents) {
  const std::string original = content(400), bytes = frame(original);
  size_t errors = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = char(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::string result;
    const std::string message = error_of([&] { result = unpack(damaged); });
    if (message.empty()) {
      BOOST_TEST((result == original || result.empty()), "bit " << bit);  // some bits mean nothing
    } else {
      ++errors;
    }
  }
  BOOST_TEST(errors > bytes.size() * 7);
  std::string damaged = bytes;
  damaged[damaged.size() - 1] ^= 1;
  check_error([&] { unpack(damaged); }, "test: damaged near byte");
  check_error([&] { unpack(bytes + "garbage"); }, "no zstd frame begins here");
}

BOOST_AUTO_TEST_CASE(zstd_settle_checks_the_checksum_behind_the_last_byte) {
  std::string bytes = frame("0123456789");
  bytes[bytes.size() - 1] ^= 1;
  ZstdSource source(std::make_unique<Trickle>(bytes, 1));
  char got[10];
  source.read_exact(got, 10);
  check_error([&] { source.settle(); }, "damaged near byte");
}

BOOST_AUTO_TEST_CASE(zstd_windows_that_want_much_memory_are_refused) {
  const auto with_window = [](char descriptor) {
    return std::string("\x28\xb5\x2f\xfd\x00", 5) + descriptor + std::string(20, '\1');
  };
  check_error([&] { unpack(with_window('\xff')); }, "damaged near byte");  // 2^41 and more
  check_error([&] { unpack(with_window('\x90')); },
              "its zstd frame has a window of more than 128 MiB");  // 2^28
}

BOOST_AUTO_TEST_CASE(source_limits_what_it_reads_whole) {
  Trickle source(std::string(1000, 'x'), 10);
  check_error([&] { source.read_all(999); }, "larger than 999 bytes");
}
