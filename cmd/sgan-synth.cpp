// Intermediate latents w to pictures.
#include <cmath>

#include "cmd/model.hpp"
#include "lib/engine/precision.hpp"
#include "lib/io/finite.hpp"
#include "lib/io/frames.hpp"
#include "lib/nets/latents.hpp"
#include "lib/nets/replay.hpp"

namespace {

using namespace sgan;

const cli::Program kProgram = {
    .name = "sgan-synth",
    .synopsis = "[FILE]",
    .description =
        "Makes pictures from latents w, of FILE or stdin: one latent gives one picture, several a\n"
        "grid, unless the output is a pattern, an array, a stream or a video.",
    .options =
        {{"o,output", "FILE", "write to FILE, not to stdout; 'img-%04d.png': a file a picture"},
         {"format", "FORMAT", "png, jpg, tiff, exr, ...; npy, stream, y4m, rgb24"},
         {"type", "u8|u16|f32", "bytes, 16 bits, floats (default u8; f32 for exr, hdr)"},
         {"grid", "WxH", "W by H pictures make one"},
         {"blank", "N", "the first N cells of a grid stay empty"},
         {"fps", "RATE", "frames a second of y4m, such as 30000/1001 (default 30)"},
         {"noise", "const|random|none", "noise inputs of StyleGAN 1 and 2 (default const)"},
         {"noise-seed", "N", "seed of random noise (default: --seed)"},
         {"translate", "X,Y", "StyleGAN3: move the contents, in widths of the picture"},
         {"rotate", "DEG", "StyleGAN3: turn the contents, in degrees"},
         {"lod", "L",
          "ProGAN, StyleGAN1, growing StyleGAN2: level of detail, 0 is full (default: its own)"},
         {"precision", "f32|tf32|f16|bf16|auto",
          "16-bit layers of StyleGAN 2 and 3, best on a GPU (default f32: none)"},
         {"batch", "N",
          "pictures in one pass at most (default: by the size of the model, 8 at most on the CPU)"},
         {"raw", "", "the input is bare float32"}},
    .examples =
        "  sgan-z --seeds 0-15 | sgan-map --psi 0.7 | sgan-synth > grid.png\n"
        "  sgan-synth -o 'img-%04d.exr' w.bin\n"
        "  sgan-synth --format y4m < path.w | ffmpeg -i - out.mp4\n"
        "  sgan-synth --format npy --type f32 < w.bin > pictures.npy",
    .see_also = "sgan-map(1), sgan-mix(1), sgan-stream(5), sgan(7)",
};

io::FrameSettings frame_settings(const cli::Args& args, const nets::GeneratorInfo& info) try {
  io::FrameSettings frames;
  frames.output = args.text("output", "-");
  frames.format = args.text("format", "");
  frames.type = io::PixelType(args.has("type") ? 1 + args.choice("type", "u8", "u8|u16|f32") : 0);
  std::tie(frames.columns, frames.rows) = args.size("grid");
  frames.blank = int(args.integer("blank", 0, 0, 1 << 20));
  frames.rate = io::parse_frame_rate(args.text("fps", "30"));
  if (args.has("fps") && frames.resolved_format() != "y4m")
    cli::misuse("--fps: ", frames.resolved_format(), " has no rate; y4m has");
  frames.channels = info.channels;
  frames.side = info.resolution;
  frames.check();
  return frames;
} catch (const Error& error) {
  throw cli::Misuse(error.what());
}

nets::SynthesisOptions synthesis_options(const cli::Args& args, const nets::GeneratorInfo& info) {
  const auto only = [&](const char* option, bool has) {
    if (args.has(option) && !has) cli::misuse("--", option, ": the model has none");
  };
  only("noise", info.has_noise);
  only("noise-seed", info.has_noise);
  only("translate", info.has_transform);
  only("rotate", info.has_transform);
  only("lod", info.has_lod);
  nets::SynthesisOptions options;
  options.noise = nets::NoiseMode(args.choice("noise", "const", "const|random|none"));
  options.noise_seed = uint64_t(args.integer("noise-seed", int64_t(args.seed()), 0, INT64_MAX));
  const auto move = args.numbers("translate", 2);
  options.transform = nets::input_transform(move.empty() ? 0 : move[0], move.empty() ? 0 : move[1],
                                            args.number("rotate", 0, -1e6, 1e6));
  // 4x4 is the coarsest picture.
  options.lod = args.number("lod", -1, 0, std::log2(info.resolution / 4.0));
  return options;
}

// What the numbers are computed in; see lib/nets/precision.hpp. Beside 16-bit layers
// TensorFloat-32, which keeps as many bits as float16, takes nothing from the others.
nets::Precision set_precision(const cli::Args& args, const nets::GeneratorInfo& info,
                              rt::Device device) {
  enum { f32, tf32, f16, bf16, automatic };
  int choice = args.choice("precision", "f32", "f32|tf32|f16|bf16|auto");
  if ((choice == f16 || choice == bf16) && !info.has_half) {
    cli::misuse("--precision ", args.text("precision", ""), ": the model computes in float32 only");
  }
  if (choice == automatic) {
    choice = !device.is_cuda() ? f32 : info.half_resolutions > 0 ? f16 : tf32;
  } else if ((choice == f16 || choice == bf16) && !device.is_cuda()) {
    args.warn("16-bit numbers are slow on the CPU; they are there to be compared with");
  }
  engine::Precision engine = engine::precision();
  engine.tf32 = choice != f32;
  engine::set_precision(engine);
  nets::Precision precision;
  if (choice == f16) precision.type = rt::DType::f16;
  if (choice == bf16) precision.type = rt::DType::bf16;
  return precision;
}

io::Provenance provenance(const cli::Args& args, io::Reader& reader, const cli::Model& model,
                          const nets::SynthesisOptions& options) {
  io::Provenance made;
  if (reader.provenance()) made = *reader.provenance();
  made.kind = io::Kind::image;
  made.model = model.hash();
  for (const char* option : {"noise", "translate", "rotate", "lod", "precision"}) {
    if (args.has(option)) made.notes[option] = args.text(option, "");
  }
  if (options.noise == nets::NoiseMode::random) made.notes["noise-seed"] = cat(options.noise_seed);
  return made;
}

// Latents far from any that the model has seen overflow on the way.
void check_finite(const std::string& name, const rt::Tensor& pictures, int64_t first) {
  const int64_t bad = io::first_not_finite(pictures);
  check(bad < 0, name, ": the picture of latent ", first + bad,
        " has NaN or infinity in it: its w is too large, or the model is damaged");
}

void body(cli::Args& args) {
  const cli::Model model(args);
  io::FrameSettings frames = frame_settings(args, model.info());
  nets::SynthesisOptions options = synthesis_options(args, model.info());
  const rt::Device device = args.device();
  options.precision = set_precision(args, model.info(), device);
  const int64_t batch =
      args.has("batch") ? args.integer("batch", 1, 1, 1 << 20) : model.default_batch(device);
  io::Reader reader = cli::open_latents(args, model, args.input(), io::Kind::w, batch);
  frames.provenance = provenance(args, reader, model, options);

  std::vector<rt::Tensor> waiting;  // latents are small: all of them, where their number matters
  int64_t total = 0;
  if (frames.needs_total()) {
    for (const rt::Tensor& w : reader) {
      waiting.push_back(w);
      total += w.size(0);
    }
  }
  const auto out = io::make_frame_writer(frames, total);
  const auto net = model.generator(device);
  nets::Replay replay(*net);
  cli::Progress progress(args, "pictures");
  int64_t planned = 0;
  const auto draw = [&](const rt::Tensor& w) {
    if (w.size(0) > planned) model.require_memory(planned = w.size(0), options, device);
    const rt::Tensor pictures = replay(w.to(device), options);
    check_finite(reader.name(), pictures, options.first_index);
    out->write(pictures);
    options.first_index += w.size(0);
    progress.add(w.size(0));
  };
  for (const rt::Tensor& w : waiting) draw(w);
  if (!frames.needs_total()) {
    for (const rt::Tensor& w : reader) draw(w);
  }
  out->finish();
  args.info(options.first_index, " pictures");
  if (device.is_cuda()) {
    const auto& stats = replay.stats();
    args.info(stats.recorded + stats.repeated, " batches of ",
              stats.plain + stats.recorded + stats.repeated, " replayed a recorded pass",
              stats.refusal.empty() ? "" : "; not recorded: ", stats.refusal);
  }
  args.report_memory(device);
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
