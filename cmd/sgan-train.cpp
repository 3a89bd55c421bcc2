// Pictures to a network that draws such pictures.
#include <csignal>
#include <nlohmann/json.hpp>

#include "cmd/classifier_options.hpp"
#include "cmd/ranks.hpp"
#include "cmd/signals.hpp"
#include "cmd/train_metrics.hpp"
#include "cmd/train_options.hpp"
#include "lib/dist/launcher.hpp"
#include "lib/io/output.hpp"

namespace {

using namespace sgan;

const cli::Program kProgram = {
    .name = "sgan-train",
    .synopsis = "",
    .description =
        "Trains a generator on a data set. What it makes, snapshots, sample pictures, statistics "
        "and\n"
        "the state to go on from, lies in OUTDIR/NNNNN-CONFIG-DATA-batchN.\n"
        "With --classifier trains a classifier with StyleGAN1's discriminator, whose snapshots "
        "are\n"
        "feature files for the measuring programs.",
    .options =
        {{"data", "PATH", "folder, zip or array of square pictures, see sgan-data(1)"},
         {"outdir", "DIR", "where run directories are made"},
         {"config", "NAME", "row of the papers' tables: stylegan2-f, stylegan3-t, progan, ..."},
         {"continue", "RUNDIR", "go on from the state that a run saved, with its settings"},
         {"classifier", "ATTR[,ATTR...]", "train a classifier of attributes instead, see below"},
         {"attributes", "FILE",
          "CSV of the pictures' attributes (default: the data set's classes)"},
         {"holdout", "F", "share of pictures that a classifier is tested with (default 0.1)"},
         {"dry-run", "", "print every setting as JSON, train nothing"},
         {"gpus", "N", "checked against the number of processes that the launcher started"},
         {"batch", "N", "pictures a step, all processes together (default: the config's)"},
         {"batch-gpu", "N", "pictures a process takes at once (default: its whole share)"},
         {"gamma", "G", "R1 weight (default: the config's, else 0.0002 * resolution^2 / batch)"},
         {"cond", "", "train with the data set's labels"},
         {"mirror", "", "show every picture in its mirror, too"},
         {"aug", "noaug|ada|fixed", "augmentation of what D sees (default: the config's)"},
         {"p", "P", "probability of augmentation, with --aug fixed"},
         {"target", "T", "what ADA holds the sign of D's real scores at (default 0.6)"},
         {"augpipe", "NAME", "what augmentation does: blit, geom, color, bg, bgc, ..., bgcfnc"},
         {"resume", "FILE", "start from the networks of a snapshot or an official pickle"},
         {"freezed", "N", "layers of D, from the picture on, that stay as they are (default 0)"},
         {"cbase", "N", "feature maps at resolution R: N / R at most"},
         {"cmax", "N", "feature maps at any resolution at most"},
         {"width", "F", "factor on the numbers of feature maps"},
         {"latent-dim", "N", "size of z and w (default 512)"},
         {"map-depth", "N", "layers of the mapping network"},
         {"mbstd-group", "N", "pictures a group of D's minibatch statistics"},
         {"glr", "LR", "learning rate of the generator"},
         {"dlr", "LR", "learning rate of the discriminator"},
         {"ema-kimg", "K", "half-life of the generator's average, in thousands of pictures"},
         {"mix", "P", "probability of style mixing"},
         {"pl-weight", "W", "weight of path length regularisation"},
         {"set", "NAME=VALUE", "any other setting that --dry-run shows under 'recipe'; repeatable"},
         {"g-arg", "NAME=VALUE", "argument of the generator; repeatable"},
         {"d-arg", "NAME=VALUE", "argument of the discriminator; repeatable"},
         {"kimg", "K", "length of the training in thousands of real pictures shown"},
         {"tick", "K", "thousands of pictures from one status line to the next (default 4)"},
         {"snap", "N", "ticks from one snapshot to the next (default 50; 0: at the end)"},
         {"image-snap", "N", "ticks from one picture of samples to the next (default: --snap)"},
         {"metrics", "LIST", "measure every snapshot: fid,kid,pr,is,ppl,eqt,eqr or some of them"},
         {"metrics-n", "N", "samples for that (default 50000, as published)"},
         {"features", "FILE", "for --metrics: feature file or a directory of them"},
         {"max-images", "N", "use only so many pictures of the data set"},
         {"workers", "N", "threads that decode pictures (default 2)"},
         {"fp32", "", "no half precision on a GPU"},
         {"desc", "TEXT", "end of the run directory's name"},
         {"licence", "TEXT", "licence of the weights, kept in the snapshots"},
         {"origin", "TEXT", "where the weights come from, kept in the snapshots"}},
    .examples =
        "  sgan-train --data faces.zip --outdir runs --config stylegan2-f --gamma 1 --mirror\n"
        "  sgan-train --data faces.zip --config stylegan3-t --dry-run\n"
        "  sgan-train --continue runs/00000-stylegan2-f-faces-batch32\n"
        "  sgan-train --classifier gender,hair --attributes faces.csv --data faces.zip --outdir "
        "runs\n"
        "  mpirun -n 2 sgan-train --data faces.zip --outdir runs --config stylegan2-e",
    .see_also = "sgan-data(1), sgan-synth(1), sgan-info(1), sgan(7)",
    .max_files = 0,
};

train::RunHooks hooks(const cli::Args& args, rt::Device device, cli::Progress& progress) {
  train::RunHooks h;
  h.device = device;
  h.line = [&](const std::string& text) {
    if (!args.quiet()) args.say(text);
  };
  h.progress = [&progress, last = 0.0](double done, double) mutable {
    progress.add(int64_t(done - last));
    last = done;
  };
  h.stop = cli::signalled;
  return h;
}

std::string describe(const cli::Args& args, bool classifier) {
  if (!classifier) return cli::describe_run(cli::train_options(args));
  return train::describe_classifier(cli::classifier_options(args)).dump(2) + "\n";
}

// Says how to go on, and ends by the signal that it was stopped with.
template <class AnyRun>
void stopped(const cli::Args& args, const AnyRun& run, bool first) {
  if (first) {
    args.say(run.has_state() ? cat("stopped; go on with: sgan-train --continue ", run.directory())
                             : "stopped; there is no saved state to go on from");
  }
  cli::end_as_signalled(SIGTERM);  // which another process got, where this one got none
}

void train_classifier(const cli::Args& args, const train::RunChanges& changes) {
  const rt::Device device = args.device();
  cli::Progress progress(args, "pictures");
  const train::RunHooks h = hooks(args, device, progress);
  std::unique_ptr<train::ClassifierRun> run;
  if (args.has("continue")) {
    if (args.has("image-snap")) cli::misuse("--image-snap: a classifier draws no pictures");
    if (dist::launched().size > 1) cli::misuse("--continue: one process trains a classifier");
    run = train::ClassifierRun::resume(args.text("continue", ""), changes, h);
  } else {
    run = std::make_unique<train::ClassifierRun>(cli::classifier_options(args), h);
  }
  if (!run->go()) stopped(args, *run, true);
}

void body(cli::Args& args) {
  if (args.has("model")) cli::misuse("--model: a run starts from a model with --resume");
  train::RunChanges changes;
  if (args.has("continue")) changes = cli::changes_of_run(args);
  const bool classifier = args.has("continue")
                              ? train::ClassifierRun::is_in(args.text("continue", ""))
                              : args.has("classifier");
  if (!classifier) cli::refuse_classifier_options(args);
  if (args.has("dry-run")) {
    const std::string text = describe(args, classifier);
    io::Output out("-", false);
    out.write(text);
    out.finish();
    return;
  }
  // Before the processes meet: the launcher's own SIGTERM must not come first.
  // mpirun hands SIGUSR1 on and kills nobody after it, unlike SIGTERM.
  cli::catch_signals(false);
  if (classifier) return train_classifier(args, changes);
  const rt::Device device = cli::rank_device(args);
  const auto ranks = cli::join_ranks(args, device);
  args.info(ranks->describe());
  if (args.has("gpus") && args.integer("gpus", 1, 1, 1 << 16) != ranks->size()) {
    cli::misuse("--gpus ", args.text("gpus", ""), ", but the launcher started ", ranks->size(),
                " process(es); start as many with mpirun -n");
  }
  cli::Progress progress(args, "pictures");
  train::RunHooks h = hooks(args, device, progress);
  cli::TrainMetrics metrics(args, *ranks, device);
  if (metrics.any()) {
    h.snapshot = [&](const auto& data, const std::string& file) { metrics(data, file); };
  }
  std::unique_ptr<train::Run> run;
  if (args.has("continue")) {
    run = train::Run::resume(args.text("continue", ""), changes, *ranks, h);
  } else {
    run = std::make_unique<train::Run>(cli::train_options(args), *ranks, h);
  }
  if (!run->go()) stopped(args, *run, ranks->first());
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
