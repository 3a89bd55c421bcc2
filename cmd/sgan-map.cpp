// Latents z to intermediate latents w.
#include <algorithm>

#include "cmd/model.hpp"
#include "lib/io/finite.hpp"

namespace {

using namespace sgan;

const cli::Program kProgram = {
    .name = "sgan-map",
    .synopsis = "[FILE]",
    .description =
        "Maps latents z to w: mapping network, truncation, classes. Reads FILE or stdin.",
    .options = {{"psi", "X", "truncation, mean + X * (w - mean) (default: the model's, mostly 1)"},
                {"cutoff", "N", "truncate the first N layers only; -1: all (default: the model's)"},
                {"class", "K", "class of all latents, from 0"},
                {"labels", "FILE", "a class or a row of numbers for each latent (text or NPY)"},
                {"raw", "", "the input is bare float32"},
                {"o,output", "FILE", "write to FILE, not to stdout"}},
    .examples =
        "  sgan-z --seeds 0-15 | sgan-map --psi 0.7 | sgan-synth > out.png\n"
        "  sgan-map --class 3 < z.bin > w.bin",
    .see_also = "sgan-z(1), sgan-mix(1), sgan-synth(1), sgan-stream(5), sgan(7)",
};

// The network divides z by its length, which has to be a number for that.
void check_length(const std::string& name, const rt::Tensor& z, int64_t first) {
  const int64_t bad = io::first_square_overflow(z);
  check(bad < 0, name, ": z ", first + bad, " is too large: its square overflows");
}

void body(cli::Args& args) {
  const cli::Model model(args);
  const auto& info = model.info();
  const double psi = args.number("psi", info.default_psi, -1000, 1000);
  const int cutoff = int(args.integer("cutoff", info.default_cutoff, -1, info.num_ws));
  if (psi != 1 && !info.has_average) cli::misuse("--psi: the model has no mean w");
  cli::Labels labels(args, info);
  const rt::Device device = args.device();
  // At most 256 MiB of labels as rows.
  const int64_t batch = std::clamp<int64_t>((int64_t{1} << 26) / std::max(1, info.c_dim), 1, 256);
  io::Reader reader = cli::open_latents(args, model, args.input(), io::Kind::z, batch);

  io::Provenance front;
  if (reader.provenance()) front = *reader.provenance();
  front.kind = io::Kind::w;
  front.model = model.hash();
  front.labels = labels.text();
  if (info.has_average) {
    front.psi = psi;
    front.cutoff = cutoff;
  }
  io::Output output(args.text("output", "-"));
  io::Writer writer(output, front);
  const auto net = model.mapping(device);
  int64_t done = 0;
  for (const rt::Tensor& z : reader) {
    check_length(reader.name(), z, done);
    done += z.size(0);
    const rt::Tensor label = labels.next(z.size(0));
    const ag::Var c = label.defined() ? ag::Var(label.to(device)) : ag::Var();
    writer.write(net->map(z.to(device), c, psi, cutoff).value().to(rt::cpu));
  }
  labels.finish();
  writer.finish();
  output.finish();
  args.report_memory(device);
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
