// Latents to latents: mixing, paths, means, directions.
#include <array>

#include "cmd/model.hpp"
#include "cmd/pieces.hpp"
#include "lib/nets/mix.hpp"

namespace {

using namespace sgan;
using rt::Tensor;

const cli::Program kProgram = {
    .name = "sgan-mix",
    .synopsis = "[FILE]...",
    .description =
        "Joins the latents of the FILEs or stdin, z or w; selects, combines and edits them.",
    .options = {{"select", "LIST", "only these latents, from 0, such as 3,0-2"},
                {"with", "FILE", "take the layers of --styles from the w of FILE, pair by pair"},
                {"styles", "LAYERS", "layers such as 0-3,7, or coarse, middle, fine (default all)"},
                {"cross", "", "--with: each input latent with each of FILE, row by row"},
                {"figure", "", "--cross with the sources around it: the style-mixing figure"},
                {"lerp", "N", "a straight path, N steps from each latent to the next"},
                {"slerp", "N", "the same along great circles (z)"},
                {"loop", "", "such a path goes on to the first latent again"},
                {"cubic", "N", "a smooth closed path, as the official video tool makes it"},
                {"wraps", "N", "repetitions on either side for --cubic (default 2)"},
                {"mean", "", "the mean of all latents"},
                {"add", "DIR*ALPHA", "add ALPHA times the direction in file DIR; repeatable"},
                {"raw", "", "the input is bare float32, z of the model"},
                {"o,output", "FILE", "write to FILE, not to stdout"}},
    .examples =
        "  sgan-z --seeds 1-4 | sgan-map | sgan-mix --cubic 60 |\n"
        "      sgan-synth --format y4m | ffmpeg -i - out.mp4\n"
        "  sgan-mix a.w --with b.w --styles coarse | sgan-synth > mixed.png\n"
        "  sgan-z -n 10000 --philox | sgan-map | sgan-mix --mean -o mean.w",
    .see_also = "sgan-map(1), sgan-synth(1), sgan-stream(5), sgan(7)",
    .max_files = 1 << 20,
};

// The one way in which latents are combined.
enum class Way { none, with, lerp, slerp, cubic, mean };
Way way_of(const cli::Args& args) {
  constexpr std::array names = {"with", "lerp", "slerp", "cubic", "mean"};
  Way way = Way::none;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!args.has(names[i])) continue;
    if (way != Way::none)
      cli::misuse("--", names[i], " and --", names[size_t(way) - 1], " exclude each other");
    way = Way(i + 1);
  }
  const auto needs = [&](const char* option, bool fits, const char* what) {
    if (args.has(option) && !fits) cli::misuse("--", option, " goes with ", what);
  };
  needs("cross", way == Way::with, "--with");
  needs("figure", way == Way::with, "--with");
  needs("loop", way == Way::lerp || way == Way::slerp, "--lerp or --slerp");
  needs("wraps", way == Way::cubic, "--cubic");
  needs("styles", way == Way::with || args.has("add"), "--with or --add");
  return way;
}

// Style mixing, pair by pair or all with all. Calls `emit` with batches.
void mix_with(const cli::Args& args, cli::Pieces& input, const std::vector<int64_t>& rows,
              const std::function<void(const Tensor&)>& emit) {
  const Tensor sources = input.sibling(args.text("with", "")).all();
  if (!args.has("cross") && !args.has("figure")) {
    return emit(nets::mix_styles(input.all(), sources, rows));
  }
  if (args.has("figure")) emit(sources);
  while (const auto batch = input.next()) {
    for (int64_t i = 0; i < batch->size(0); ++i) {
      const Tensor one = batch->rows(i, i + 1);
      if (args.has("figure")) emit(one);
      emit(nets::mix_styles(one, sources, rows));
    }
  }
}

void body(cli::Args& args) {
  const Way way = way_of(args);
  const int64_t step = way == Way::none || way == Way::with || way == Way::mean
                           ? 1
                           : args.integer(way == Way::lerp    ? "lerp"
                                          : way == Way::slerp ? "slerp"
                                                              : "cubic",
                                          1, 1, 1 << 24);
  const int wraps = int(args.integer("wraps", 2, 1, 16));
  cli::Pieces input(args);
  if (args.has("select")) input.select(args.text("select", ""));
  const auto rows = input.layers(args.text("styles", ""));
  const auto directions = input.directions();

  io::Output output(args.text("output", "-"));
  io::Writer writer(output, input.provenance(kProgram.name));
  int64_t written = 0;
  const auto emit = [&](Tensor latents) {
    for (const auto& [direction, alpha] : directions) {
      latents = nets::add_direction(latents, direction, alpha, rows);
    }
    writer.write(latents);
    written += latents.size(0);
  };
  switch (way) {
    case Way::none:
      while (const auto batch = input.next()) emit(*batch);
      break;
    case Way::with:
      mix_with(args, input, rows, emit);
      break;
    case Way::mean: {
      nets::Mean mean;
      while (const auto batch = input.next()) mean.add(*batch);
      emit(mean.result());
      break;
    }
    default: {
      const auto kind = nets::PathKind(int(way) - int(Way::lerp));
      const nets::Path path(input.all(), kind, step, args.has("loop"), wraps);
      for (int64_t i = 0; i < path.frames(); ++i) emit(path.frame(i));
    }
  }
  writer.finish();
  output.finish();
  args.info(written, " latents");
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
