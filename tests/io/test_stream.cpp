#include <limits>

#include "io_test.hpp"
#include "lib/io/npy.hpp"
#include "lib/io/stream.hpp"

using namespace sgan::io;
using sgan::rt::DType;
using sgan::rt::Shape;
using sgan::rt::Tensor;

namespace {

const std::string kModelA(64, 'a'), kModelB(64, 'b');

Provenance of(Kind kind, const std::string& model = "") {
  Provenance p;
  p.kind = kind;
  p.model = model;
  return p;
}

std::string stream(const Provenance& provenance, const std::vector<Tensor>& batches) {
  StringSink out;
  Writer writer(out, provenance);
  for (const Tensor& batch : batches) writer.write(batch);
  writer.finish();
  return out.text;
}

std::string npy(const Tensor& t) {
  StringSink out;
  write_npy(out, t);
  return out.text;
}

std::vector<Tensor> read(const std::string& bytes, ReadOptions options = {},
                         size_t piece = 1 << 20) {
  Reader reader(std::make_unique<Trickle>(bytes, piece), std::move(options));
  std::vector<Tensor> batches;
  for (const Tensor& batch : reader) batches.push_back(batch);
  return batches;
}

ReadOptions wanting(Kind kind) {
  ReadOptions options;
  options.kinds = {kind};
  return options;
}

ReadOptions raw(Shape row, int64_t batch = 16) {
  ReadOptions options;
  options.raw = std::move(row);
  options.batch = batch;
  return options;
}

ReadOptions batches_of(int64_t n) {
  ReadOptions options;
  options.batch = n;
  return options;
}

void refuse(const std::string& bytes, const std::string& part, ReadOptions options = {}) {
  check_error([&] { read(bytes, options); }, part);
}

}  // namespace

BOOST_AUTO_TEST_CASE(stream_batches_come_back_bit_for_bit) {
  const Tensor a = random_tensor({3, 8}, 1), b = random_tensor({1, 8}, 2);
  Provenance p = of(Kind::z);
  p.seeds = "0-2,85";
  p.labels = "3";
  p.psi = 0.7;
  p.cutoff = -1;
  p.notes["program"] = "sgan-z \"0.1\" \xc3\xa4";
  const std::string bytes = stream(p, {a, b});
  BOOST_TEST(bytes.substr(0, 4) == std::string("\x53\x2a\x4d\x18", 4));
  for (const size_t piece : {size_t{1}, size_t{50}, size_t{1} << 20}) {
    Reader reader(std::make_unique<Trickle>(bytes, piece), wanting(Kind::z));
    BOOST_TEST((reader.kind() == Kind::z));
    BOOST_TEST(reader.row_shape() == (Shape{8}));
    BOOST_REQUIRE(reader.provenance().has_value());
    BOOST_TEST(reader.provenance()->seeds == p.seeds);
    BOOST_TEST(reader.provenance()->labels == p.labels);
    BOOST_TEST(*reader.provenance()->psi == 0.7);
    BOOST_TEST(*reader.provenance()->cutoff == -1);
    BOOST_TEST((reader.provenance()->notes == p.notes));
    BOOST_TEST(equal(*reader.next(), a));
    BOOST_TEST(equal(*reader.next(), b));
    BOOST_TEST(!reader.next().has_value());
    BOOST_TEST(!reader.next().has_value());
  }
}

BOOST_AUTO_TEST_CASE(stream_a_batch_arrives_before_the_next_is_written) {
  // A source that must not be asked for more than the first frame.
  class OnlyFirst : public Source {
   public:
    explicit OnlyFirst(std::string bytes) : Source("test"), bytes_(std::move(bytes)) {}

   protected:
    size_t fill(void* to, size_t bytes) override {
      sgan::check(!bytes_.empty(), "waits for the second batch");
      const size_t got = std::min(bytes, bytes_.size());
      std::memcpy(to, bytes_.data(), got);
      bytes_.erase(0, got);
      return got;
    }

   private:
    std::string bytes_;
  };
  StringSink out;
  Writer writer(out, of(Kind::z));
  const Tensor a = random_tensor({4, 16}, 1);
  writer.write(a);
  Reader reader(std::make_unique<OnlyFirst>(out.text), {});
  BOOST_TEST(equal(*reader.next(), a));
  check_error([&] { reader.next(); }, "waits for the second batch");
}

BOOST_AUTO_TEST_CASE(stream_large_arrays_are_handed_out_in_batches) {
  const Tensor t = random_tensor({10, 4, 6}, 1);
  for (const std::string& bytes : {npy(t), stream(of(Kind::w), {t})}) {
    const auto batches = read(bytes, batches_of(4));
    BOOST_REQUIRE_EQUAL(batches.size(), 3u);
    BOOST_TEST(equal(batches[0], t.rows(0, 4).clone()));
    BOOST_TEST(equal(batches[2], t.rows(8, 10).clone()));
  }
}

BOOST_AUTO_TEST_CASE(stream_other_inputs_bare_npy_foreign_zstd_and_raw) {
  const Tensor z = random_tensor({3, 8}, 1);
  BOOST_TEST(equal(read(npy(z), wanting(Kind::z))[0], z));
  BOOST_TEST(read(npy(z) + npy(z)).size() == 2u);  // numpy.save twice into one file
  StringSink out;
  ZstdFrameWriter frames(out);
  const std::string two = npy(z) + npy(z);
  frames.begin(two.size());
  frames.write(two.data(), two.size());
  frames.end();
  BOOST_TEST(read(out.text).size() == 2u);

  const std::string bytes(z.bytes_data(), z.bytes());
  BOOST_TEST(equal(read(bytes, raw({8}))[0], z));
  const auto halves = read(bytes, raw({8}, 2), 5);
  BOOST_REQUIRE_EQUAL(halves.size(), 2u);
  BOOST_TEST(equal(halves[1], z.rows(2, 3).clone()));
  BOOST_TEST(read(bytes, raw({2, 4}))[0].shape() == (Shape{3, 2, 4}));
  refuse(bytes.substr(1), "truncated after 95 bytes, which are not whole rows of [8]", raw({8}));
  refuse("", "test: empty", raw({8}));
  // float64 and float16, as numpy users have them.
  const Tensor wide = z.to(DType::f64);
  BOOST_TEST(equal(read(npy(wide))[0], z));
  BOOST_TEST((read(npy(z.to(DType::f16)))[0].dtype() == DType::f32));
}

BOOST_AUTO_TEST_CASE(stream_images_are_bytes_or_floats) {
  Tensor bytes({2, 4, 4, 3}, DType::u8);
  for (size_t i = 0; i < bytes.bytes(); ++i) bytes.bytes_data()[i] = char(i);
  BOOST_TEST(equal(read(stream(of(Kind::image), {bytes}))[0], bytes));
  Tensor floats = random_tensor({2, 4, 4, 3}, 1);
  floats.data<float>()[5] = std::numeric_limits<float>::infinity();  // images are not judged
  BOOST_TEST(equal(read(stream(of(Kind::image), {floats}))[0], floats));
}

BOOST_AUTO_TEST_CASE(stream_kinds_are_told_apart) {
  const Tensor z = random_tensor({3, 8}, 1), w = random_tensor({3, 4, 8}, 1);
  for (const std::string& bytes : {stream(of(Kind::z), {z}), npy(z)}) {
    refuse(bytes, "test: holds z, but w is wanted; pass it through sgan-map first",
           wanting(Kind::w));
  }
  for (const std::string& bytes : {stream(of(Kind::w), {w}), npy(w)}) {
    refuse(bytes, "test: holds w, but z is wanted; it has been through sgan-map", wanting(Kind::z));
  }
  ReadOptions both;
  both.kinds = {Kind::z, Kind::w};
  refuse(npy(random_tensor({1, 2, 2, 3}, 1)), "holds image, but z or w is wanted", both);
  BOOST_TEST(read(npy(w), both).size() == 1u);
}

BOOST_AUTO_TEST_CASE(stream_shapes_and_models_are_checked) {
  const Tensor w = random_tensor({3, 4, 8}, 1);
  ReadOptions options = wanting(Kind::w);
  options.row = Shape{4, 8};
  options.model = kModelA;
  BOOST_TEST(read(stream(of(Kind::w, kModelA), {w}), options).size() == 1u);
  BOOST_TEST(read(stream(of(Kind::w), {w}), options).size() == 1u);
  refuse(stream(of(Kind::w, kModelB), {w}), "w of another model (bbbbbbbbbbbb, not aaaaaaaaaaaa)",
         options);
  options.row = Shape{6, 8};
  refuse(npy(w), "test: w of shape [4, 8], but the model needs [6, 8]", options);
  options.row = Shape{-1, 8};
  BOOST_TEST(read(npy(w), options).size() == 1u);
  options.row = Shape{-1, 9};
  refuse(npy(w), "the model needs [-1, 9]", options);
}

BOOST_AUTO_TEST_CASE(stream_joined_with_cat) {
  const Tensor a = random_tensor({3, 8}, 1), b = random_tensor({3, 9}, 1),
               w = random_tensor({1, 2, 8}, 1);
  const std::string first = stream(of(Kind::z), {a});
  BOOST_TEST(read(first + first).size() == 2u);
  refuse(first + stream(of(Kind::z), {b}), "array of rows [9] follows after [8]");
  refuse(first + stream(of(Kind::w), {w}), "w follows after z");
  refuse(stream(of(Kind::w, kModelA), {w}) + stream(of(Kind::w, kModelB), {w}),
         "w of another model follows after row 1");
  refuse(npy(a) + npy(a.to(DType::f64)), "float64 follows after float32");
}

BOOST_AUTO_TEST_CASE(stream_values_that_are_not_finite_are_named) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const Tensor first = random_tensor({3, 8}, 1), second = random_tensor({3, 8}, 2);
    second.data<float>()[8 + 7] = bad;
    // The writer makes no such stream; another program may: only the numbers inside differ.
    BOOST_CHECK_THROW(stream(of(Kind::z), {first, second}), sgan::Error);
    StringSink foreign;
    ZstdFrameWriter frames(foreign);
    frames.skippable(kStreamVariant, to_json(of(Kind::z)));
    for (const Tensor& part : {first, second}) {
      StringSink array;
      write_npy(array, part);
      frames.begin(array.text.size());
      frames.write(array.text.data(), array.text.size());
      frames.end();
    }
    frames.skippable(kStreamVariant, to_json(StreamEnd{2, 6}));
    refuse(foreign.text, "test: z 4 holds NaN or infinity");
    refuse(npy(second), "z 1 holds NaN or infinity");
    refuse(std::string(second.bytes_data(), second.bytes()), "z 1 holds NaN", raw({8}, 1));
  }
  Tensor wide = Tensor::full({1, 8}, 1e300, DType::f64);  // infinite as float32
  refuse(npy(wide), "z 0 holds NaN or infinity");
}

BOOST_AUTO_TEST_CASE(stream_empty_and_odd_arrays) {
  refuse("", "test: empty; z stream is wanted", wanting(Kind::z));
  refuse(npy(Tensor({0, 8}, DType::f32)), "test: empty: holds no rows");
  BOOST_TEST(read(npy(Tensor({0, 8}, DType::f32)) + npy(random_tensor({1, 8}, 1))).size() == 1u);
  refuse(npy(Tensor({5, 0}, DType::f32)), "z of shape [0]");
  refuse(npy(random_tensor({8}, 1)), "array with 1 axes; z has 2");
  refuse(npy(Tensor::zeros({2, 8}, DType::i32)), "z of type int32; float32 is wanted");
  refuse(npy(Tensor::zeros({2, 8}, DType::u8)), "z of type uint8; float32 is wanted");
  StringSink out;
  ZstdFrameWriter frames(out);
  frames.skippable(kStreamVariant, to_json(of(Kind::z)));
  refuse(out.text, "truncated: ends after 0 rows without its end frame");
  frames.skippable(kStreamVariant, to_json(StreamEnd{}));
  refuse(out.text, "empty: holds no rows");
  frames.skippable(kStreamVariant, to_json(StreamEnd{}));
  refuse(out.text, "an end frame without a front frame");
  StringSink none;
  Writer writer(none, of(Kind::z));
  check_error([&] { writer.finish(); }, "nothing was written");
  BOOST_TEST(none.text.empty());
}

BOOST_AUTO_TEST_CASE(stream_other_files_are_refused_by_name) {
  const std::pair<std::string, std::string> cases[] = {
      {"PK\x03\x04----------------", "a zip archive (NPZ"},
      {"\x89PNG\r\n\x1a\n--------", "a PNG picture"},
      {"\x80\x04\x95-------------", "a pickle, not z stream; read network files with sgan-import"},
      {"\x1f\x8b\x08-------------", "gzip data, not z stream; unpack it with gzip -d"},
      {"\xff\xd8\xff\xe0------------", "a JPEG picture"},
      {std::string("\x40\0\0\0\0\0\0\0{\"a\":{}}", 16), "a model or other safetensors file"},
      {"0.1,0.2,0.3\n0.1,0.2,0.3\n", "text, not z stream"},
      {std::string(100, '\0'), "not a file that is known here"},
  };
  for (const auto& [bytes, part] : cases) {
    refuse(bytes, "test: " + part, wanting(Kind::z));
    StringSink out;
    ZstdFrameWriter frames(out);
    frames.begin(bytes.size());
    frames.write(bytes.data(), bytes.size());
    frames.end();
    refuse(out.text, "test: " + part, wanting(Kind::z));
  }
}

BOOST_AUTO_TEST_CASE(stream_truncation_at_every_byte_is_an_error) {
  Provenance p = of(Kind::z);
  p.seeds = "0-4";
  const std::string bytes = stream(p, {random_tensor({3, 8}, 1), random_tensor({2, 8}, 2)});
  BOOST_TEST(read(bytes).size() == 2u);
  for (size_t n = 1; n < bytes.size(); ++n) refuse(bytes.substr(0, n), "truncated");
}

BOOST_AUTO_TEST_CASE(stream_a_changed_bit_is_an_error_or_changes_nothing) {
  Provenance p = of(Kind::w, kModelA);
  p.seeds = "0-4";
  p.psi = 0.5;
  const std::vector<Tensor> batches = {random_tensor({2, 2, 4}, 1), random_tensor({1, 2, 4}, 2)};
  const std::string bytes = stream(p, batches);
  size_t harmless = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = char(damaged[bit / 8] ^ (1 << (bit % 8)));
    Reader reader(std::make_unique<Trickle>(damaged, 1 << 20), {});
    std::vector<Tensor> got;
    const std::string message = error_of([&] {
      for (const Tensor& batch : reader) got.push_back(batch);
    });
    if (!message.empty()) continue;
    ++harmless;
    BOOST_REQUIRE_EQUAL(got.size(), 2u);
    BOOST_TEST((equal(got[0], batches[0]) && equal(got[1], batches[1])), "bit " << bit);
    BOOST_TEST(reader.provenance()->model == p.model, "bit " << bit);
    BOOST_TEST(reader.provenance()->seeds == p.seeds, "bit " << bit);
    BOOST_TEST(*reader.provenance()->psi == *p.psi, "bit " << bit);
  }
  BOOST_TEST(harmless < 24u);  // unused bits of zstd's headers
}

BOOST_AUTO_TEST_CASE(stream_notes_are_checked) {
  const auto note = [](const std::string& text) { return parse_note(text, "x"); };
  BOOST_TEST(!note("").front.has_value());
  BOOST_TEST(!note("{\"other\":1}").front.has_value());
  const std::string sealed = to_json(of(Kind::w));
  BOOST_TEST((note(sealed).front->kind == Kind::w));
  check_error([&] { note("{\"sgan\":1,\"kind\":\"w\"}"); }, "without its check");
  check_error([&] { note("{\"sgan\":1,\"end\":true,\"rows\":1,\"arrays\":1}"); },
              "without its check");
  check_error([&] { note(std::string(sealed).replace(sealed.find("check"), 5, "chuck")); },
              "without its check");
  check_error([&] { note("{\"sgan\":2,\"kind\":\"w\"}"); }, "x: stream version 2 is not known");
  check_error([&] { note("{\"sgan\":1,\"kind\":\"q\"}"); }, "x: holds 'q', which is not known");
  check_error([&] { note("{\"sgan\":1}"); }, "names no kind");
  check_error([&] { note("{\"sgan\":1,\"kind\":\"w\""); }, "not valid JSON");
  check_error([&] { note("{\"sgan\":1,\"kind\":\"w\",\"psi\":\"a\"}"); },
              "damaged front frame (psi)");
  check_error([&] { note("{\"sgan\":1,\"kind\":\"w\",\"cutoff\":1e300}"); }, "damaged front frame");
  check_error([&] { note("{\"sgan\":1,\"kind\":\"w\",\"model\":\"A\"}"); },
              "damaged front frame (model)");
  check_error([&] { note("{\"sgan\":1,\"end\":true,\"rows\":-1,\"arrays\":1}"); },
              "damaged end frame");
  check_error([&] { note("{\"sgan\":1," + std::string(70000, ' ') + "\"kind\":\"z\"}"); },
              "too long");
  Provenance p = of(Kind::z);
  p.seeds = std::string(70000, '1');  // left out rather than refused
  BOOST_TEST(note(to_json(p)).front->seeds.empty());
  BOOST_TEST(join_seeds({0, 1, 2, 3, 85, 7, 8, 4294967295u, 0}) == "0-3,85,7,8,4294967295,0");
  BOOST_TEST(join_seeds({}) == "");
}

BOOST_AUTO_TEST_CASE(stream_writer_keeps_to_one_kind_and_shape) {
  StringSink out;
  Writer writer(out, of(Kind::w));
  check_error([&] { writer.write(random_tensor({2, 8}, 1)); }, "w cannot have the shape [2, 8]");
  check_error([&] { writer.write(Tensor::zeros({2, 2, 8}, DType::f64)); }, "w of type float64");
  writer.write(random_tensor({2, 2, 8}, 1));
  check_error(
      [&] {
        writer.write(random_tensor({2, 3, 8}, 1));
      },
      "rows of [3, 8] follow after [2, 8]");
}
