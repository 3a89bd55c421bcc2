// Writes feature networks with random weights as other programs' files:
//   foreign-features KIND [SEED] > FILE
// vgg16, vgg16-script (TorchScript, other names), vgg16-script-heads, heads: of few channels.
// vgg16-short, vgg16-shape, vgg16-nan, heads-wide, vgg19: wrong ones. inception-torchvision.
// classifier, classifier-nan: of the TensorFlow era, for pictures of 16 x 16 pixels.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "lib/io/output.hpp"
#include "lib/nets/inception.hpp"
#include "lib/nets/vgg16.hpp"
#include "lib/rt/philox.hpp"
#include "tests/io/torch_writer.hpp"

using namespace sgan;

namespace {

uint64_t seed = 0;

rt::Tensor random_tensor(const rt::Shape& shape) {
  rt::Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, ++seed, 0);
  const double fan_in = shape.rank() < 2 ? 400 : double(shape.numel()) / double(shape[0]);
  for (float& v : t.span<float>()) v *= float(std::sqrt(2 / fan_in));
  return t;
}

io::NamedTensors vgg16(const std::vector<int64_t>& widths, bool script) {
  io::NamedTensors tensors;
  int64_t in = 3, layer = 0, number = 0;
  for (size_t k = 0; k < widths.size(); ++k) {
    for (int i = 0; i < (k < 2 ? 2 : 3); ++i, number += 2) {
      const std::string name = script ? cat("conv", ++layer) : cat("features.", number);
      tensors.emplace_back(name + ".weight", random_tensor({widths[k], in, 3, 3}));
      tensors.emplace_back(name + ".bias", random_tensor({widths[k]}));
      in = widths[k];
    }
    ++number;  // a pool
  }
  return tensors;
}

io::NamedTensors heads(const std::vector<int64_t>& widths, const char* before, const char* behind) {
  io::NamedTensors tensors;
  for (size_t k = 0; k < widths.size(); ++k) {
    rt::Tensor t = random_tensor({1, widths[k], 1, 1});
    for (float& v : t.span<float>()) v = std::abs(v);
    tensors.emplace_back(cat(before, k, behind), t);
  }
  return tensors;
}

std::string classifier(bool damaged) {
  io::NamedTensors v{{"lod", rt::Tensor::full({}, 0, rt::DType::f32)}};
  const auto layer = [&](const std::string& name, const rt::Shape& shape) {
    v.emplace_back(name + "/weight", random_tensor(shape));
    v.emplace_back(name + "/bias", random_tensor({shape.dims().back()}));
  };
  for (int lod = 0; lod < 3; ++lod) layer(cat("FromRGB_lod", lod), {1, 1, 3, 8});
  for (const char* scope : {"16x16/", "8x8/"}) {
    layer(cat(scope, "Conv0"), {3, 3, 8, 8});
    layer(cat(scope, "Conv1_down"), {3, 3, 8, 8});
  }
  layer("4x4/Conv", {3, 3, 8, 8});
  layer("4x4/Dense0", {128, 8});
  layer("4x4/Dense1", {8, 1});
  if (damaged) v[1].second.data<float>()[2] = INFINITY;
  return io::tensorflow_network(v, {{"num_channels", 3}, {"resolution", 16}, {"fmap_max", 8}},
                                "D_basic");
}

std::string file_of(const std::string& kind) {
  const std::vector<int64_t> widths{4, 6, 5, 7, 3};
  if (kind == "heads") return io::TorchWriter::save(heads(widths, "lin", ".model.1.weight"));
  if (kind == "heads-wide")
    return io::TorchWriter::save(heads({4, 6, 5, 7, 4}, "lin", ".model.1.weight"));
  if (kind.starts_with("classifier")) return classifier(kind == "classifier-nan");
  if (kind == "inception-torchvision") {
    return io::TorchWriter::save({{"Conv2d_1a_3x3.conv.weight", random_tensor({32, 3, 3, 3})},
                                  {"AuxLogits.conv0.conv.weight", random_tensor({2, 2, 1, 1})},
                                  {"fc.weight", random_tensor({1000, 2})}});
  }
  const bool script = kind.starts_with("vgg16-script");
  io::NamedTensors t = vgg16(widths, script);
  if (kind == "vgg16-script-heads") {
    for (const auto& head : heads(widths, "lpips", "")) t.push_back(head);
  } else if (kind == "vgg16-short") {
    t.erase(t.begin() + 9);
  } else if (kind == "vgg16-shape") {
    t[8].second = random_tensor({5, 5, 3, 3});
  } else if (kind == "vgg16-nan") {
    t[8].second.data<float>()[2] = NAN;
  } else if (kind == "vgg19") {
    const rt::Tensor last = t.end()[-2].second;
    for (int n : {30, 32, 34}) t.emplace_back(cat("features.", n, ".weight"), last);
  } else if (!script) {
    check(kind == "vgg16", "what is ", kind, "?");
    t.emplace_back("classifier.0.weight", random_tensor({4, 3}));
  }
  return io::TorchWriter::save(t, script);
}

}  // namespace

int main(int argc, char** argv) try {
  check(argc == 2 || argc == 3, "foreign-features KIND [SEED]");
  if (argc == 3) seed = std::strtoull(argv[2], nullptr, 10) << 32;
  io::Output out("-");
  out.write(file_of(argv[1]));
  out.finish();
} catch (const std::exception& error) {
  std::fprintf(stderr, "foreign-features: %s\n", error.what());
  return 1;
}
