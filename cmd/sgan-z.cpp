// Seeds to latents z.
#include "cmd/model.hpp"
#include "lib/io/stream.hpp"
#include "lib/nets/latents.hpp"

namespace {

using namespace sgan;

const cli::Program kProgram = {
    .name = "sgan-z",
    .synopsis = "",
    .description =
        "Draws latents z, normally distributed: for each seed exactly the numbers of numpy's\n"
        "RandomState(seed).randn, so that pictures are those of the official tools.",
    .options = {{"n,count", "N", "how many latents, one a seed from --seed on (default 1)"},
                {"seeds", "LIST", "seeds such as 0-15,85, instead of -n and --seed"},
                {"dim", "D", "numbers in a latent (default: what the model wants)"},
                {"philox", "", "counter-based numbers: latents 0, 1, ... of the sequence --seed"},
                {"batch", "N", "latents in an array of the stream (default 64)"},
                {"o,output", "FILE", "write to FILE, not to stdout"}},
    .examples =
        "  sgan-z --seeds 0-15,85 | sgan-map | sgan-synth > out.png\n"
        "  sgan-z -n 1000 --philox --seed 7 -o z.bin",
    .see_also = "sgan-map(1), sgan-mix(1), sgan-stream(5), sgan(7)",
    .max_files = 0,
};

constexpr int64_t kMaxSeed = 0xffffffff;  // numpy takes 32 bits

std::vector<uint32_t> seeds_of(const cli::Args& args) {
  if (args.has("seeds")) {
    if (args.has("count")) cli::misuse("--seeds and --count exclude each other");
    const auto list =
        cli::parse_ranges(args.text("seeds", ""), "--seeds", kMaxSeed, size_t{1} << 27);
    return {list.begin(), list.end()};
  }
  const auto first = int64_t(args.seed()), count = args.integer("count", 1, 1, int64_t{1} << 27);
  if (first + count - 1 > kMaxSeed) cli::misuse("--seed: the last seed is beyond ", kMaxSeed);
  std::vector<uint32_t> seeds(static_cast<size_t>(count));
  for (size_t i = 0; i < seeds.size(); ++i) seeds[i] = uint32_t(first) + uint32_t(i);
  return seeds;
}

void body(cli::Args& args) {
  const int64_t batch = args.integer("batch", 64, 1, 1 << 20);
  const bool sequence = args.has("philox") && !args.has("seeds");  // one of --seed, else one a seed
  const auto seeds = sequence ? std::vector<uint32_t>() : seeds_of(args);
  const int64_t count =
      sequence ? args.integer("count", 1, 1, int64_t{1} << 40) : int64_t(seeds.size());

  const int64_t dim =
      args.has("dim") ? args.integer("dim", 0, 1, 1 << 20) : int64_t(cli::Model(args).info().z_dim);
  io::Provenance front;
  front.kind = io::Kind::z;
  front.seeds = sequence ? cat(args.seed()) : io::join_seeds(seeds);
  if (args.has("philox")) front.notes["generator"] = "philox";
  io::Output output(args.text("output", "-"));
  io::Writer writer(output, front);
  for (int64_t done = 0; done < count; done += batch) {
    const int64_t n = std::min(batch, count - done);
    if (sequence) {
      writer.write(nets::philox_latents(args.seed(), uint64_t(done), n, dim));
      continue;
    }
    const std::span<const uint32_t> part(seeds.data() + done, size_t(n));
    writer.write(args.has("philox") ? nets::philox_latents(part, dim)
                                    : nets::numpy_latents(part, dim));
  }
  writer.finish();
  output.finish();
  args.info(count, " latents of ", dim, " numbers");
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
