#include "lib/train/run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "lib/rt/memory.hpp"
#include "lib/train/feed.hpp"
#include "lib/train/run_voice.hpp"
#include "lib/train/snapshot.hpp"
#include "lib/train/starting_point.hpp"
#include "lib/train/state_file.hpp"
#include "lib/train/stats.hpp"
#include "lib/train/status_line.hpp"

namespace sgan::train {
namespace {

using Clock = std::chrono::steady_clock;  // the wall clock may jump
using nlohmann::json;

double seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string run_name(const RunOptions& o, const io::DatasetInfo& data, const json& recipe) {
  std::string name = cat(o.config, "-", data.name, "-batch", recipe.at("batch").get<int>());
  if (!o.description.empty()) name += "-" + o.description;
  return name;
}

}  // namespace

struct Run::Inner {
  RunOptions o;
  dist::Communicator& ranks;
  RunHooks hooks;
  std::shared_ptr<io::Dataset> data;
  std::unique_ptr<Trainer> trainer;
  std::unique_ptr<Feed> feed;
  std::unique_ptr<SampleGrid> grid;
  RunVoice voice;
  Stats stats;
  int64_t tick = 0;
  double before = 0;  // seconds of training before this process
  Clock::time_point start = Clock::now(), tick_start = start;
  int64_t tick_images = 0;
  double maintenance = 0;
  bool saved = true;  // what was to be saved last

  Inner(const RunOptions& options, dist::Communicator& r, const RunHooks& h)
      : o(options), ranks(r), hooks(h), voice(h.line, !r.first()) {
    io::DatasetOptions d;
    d.labels = o.labels;
    d.max_images = o.max_images;
    d.subset_seed = o.seed;
    d.mirror = o.recipe.at("mirror");
    data = io::open_dataset(o.data, d);
    o.size.resolution = data->info().resolution;
    o.size.channels = data->info().channels;
    o.size.c_dim = o.labels ? data->info().label_dim : 0;
    TrainerSettings t;
    t.preset = resolved_preset(o);
    t.recipe = o.recipe;
    t.batch_gpu = o.batch_gpu;
    t.freeze_d = o.freeze_d;
    t.seed = o.seed;
    t.device = hooks.device;
    trainer = std::make_unique<Trainer>(t, *data, ranks);
    trainer->report_to(
        [this](const std::string& name, const Var& v) { stats.report(name, v.value()); });
    feed = std::make_unique<Feed>(data, o.recipe, o.workers, o.seed, ranks.rank(), ranks.size());
  }

  // The next batch, on all ranks or on none: where a picture cannot be read, by whomever, the
  // networks are sound, and what they have learnt is kept.
  io::Batch fetch_or_save(int64_t count) {
    const int64_t at = feed->position();
    io::Batch batch;
    std::exception_ptr lost;
    try {
      batch = feed->next(count);
    } catch (const std::exception&) {
      lost = std::current_exception();
    }
    double bad = lost ? 1 : 0;
    if (ranks.size() > 1) ranks.sum({&bad, 1});
    if (bad == 0) return batch;
    if (trainer->images() > 0 && trainer->finite() && save_state(at, tick - 1)) save_snapshot();
    wait_for_first();
    if (lost) std::rethrow_exception(lost);
    fail("another process could not read its data");
  }

  // Who leaves while the first still writes would take it along.
  void wait_for_first() {
    if (ranks.size() > 1) ranks.barrier();
  }

  // The networks of another run or an official pickle, by the reader of sgan-import.
  void take_over(const std::string& path) {
    const StartingPoint from = read_starting_point(path);
    const std::string ours(nets::name_of(trainer->preset().family));
    check(from.architecture == ours, path, ": is a ", from.architecture, ", which a run of ",
          o.config, " (", ours, ") cannot start from");
    try {
      missing = trainer->take_over(from.g, from.d, from.g_ema);
    } catch (const Error& error) {
      fail(path, ": ", error.what());
    }
    starts_anew = from.d.empty();
  }
  size_t missing = 0;        // tensors of G and D, which the other networks do not have
  bool starts_anew = false;  // the discriminator, which the other file does not have

  void begin() {
    const auto& info = data->info();
    voice.say(cat("data ", info.path, ": ", info.count, " pictures of ", info.resolution, "x",
                  info.resolution, "x", info.channels,
                  o.labels ? cat(", ", info.label_dim, " classes") : "", ", hash ",
                  info.hash.substr(0, 16)));
    grid = std::make_unique<SampleGrid>(
        *data, nets::generator_info(trainer->preset().family, trainer->preset().generator), o.seed);
  }

  json options_file() const {
    json all = o.to_json();
    const auto& info = data->info();
    all["dataset"] = {
        {"name", info.name},         {"count", info.count},         {"resolution", info.resolution},
        {"channels", info.channels}, {"label_dim", info.label_dim}, {"hash", info.hash}};
    all["architecture"] = nets::name_of(trainer->preset().family);
    all["generator"] = trainer->preset().generator;
    all["discriminator"] = trainer->preset().discriminator;
    all["processes"] = ranks.size();
    return all;
  }

  double total_kimg() const { return o.recipe.at("total_kimg"); }
  double kimg() const { return double(trainer->images()) / 1000; }
  std::string numbered(const char* stem, const char* extension) const {
    char text[64];
    std::snprintf(text, sizeof text, "%s%06d.%s", stem, int(kimg()), extension);
    return voice.log.path(text);
  }

  // `position` of the data and the last `tick` that is over.
  bool save_state(int64_t position, int64_t over) {
    return voice.attempt("saving the state", [&] {
      SavedState s;
      s.tensors = trainer->state();
      s.options = options_file();
      s.counters = trainer->counters();
      s.counters["position"] = position * ranks.size();
      s.counters["tick"] = over;
      s.counters["seconds"] = before + seconds(start, Clock::now());
      write_state(voice.log.path(kStateFile), s);
    });
  }

  bool save_snapshot() {
    return voice.attempt("saving a snapshot", [&] {
      SnapshotText text{o.licence, o.origin, {}};
      text.training = {{"config", o.config},
                       {"kimg", kimg()},
                       {"data", data->info().name},
                       {"data_hash", data->info().hash},
                       {"pictures", data->info().count},
                       {"seed", o.seed},
                       {"seconds", before + seconds(start, Clock::now())},
                       {"recipe", o.recipe}};
      if (!o.resume.empty()) text.training["resumed_from"] = o.resume;
      write_snapshot(*trainer, text, numbered("network-snapshot-", "sgan"));
    });
  }

  void save_pictures() {
    voice.attempt("drawing samples",
                  [&] { grid->write_fakes(*trainer, hooks.device, numbered("fakes", "png")); });
  }

  // Returns whether the networks are worth keeping, where it matters.
  bool end_tick(bool last) {
    const auto now = Clock::now();
    const double took = seconds(tick_start, now), total = before + seconds(start, now);
    const double done = double(trainer->images() - tick_images) / 1000;
    const double per_kimg = done > 0 ? took / done : 0;
    const auto memory = rt::memory_stats(hooks.device);
    const double peak = double(memory.peak) / (1 << 30);
    if (tick == 0) {
      // What lives between two steps, and what one step needs beside it.
      voice.say(cat("memory: ", memory.in_use >> 20, " MiB networks, averages and optimisers, ",
                    (memory.peak - memory.in_use) >> 20,
                    " MiB activations and gradients of a step at its peak"));
    }
    rt::reset_peak(hooks.device);
    stats.report("Progress/tick", double(tick));
    stats.report("Progress/kimg", kimg());
    stats.report("Progress/augment", trainer->augment_p());
    stats.report("Timing/total_sec", total);
    stats.report("Timing/total_hours", total / 3600);
    stats.report("Timing/total_days", total / 86400);
    stats.report("Timing/sec_per_tick", took);
    if (done > 0) stats.report("Timing/sec_per_kimg", per_kimg);
    stats.report("Timing/maintenance_sec", maintenance);
    stats.report("Resources/cpu_mem_gb", double(rt::resident_memory()) / (1 << 30));
    if (hooks.device.is_cuda()) {
      stats.report("Resources/peak_gpu_mem_gb", peak);
      stats.report("Resources/peak_gpu_mem_reserved_gb", double(memory.reserved) / (1 << 30));
    }
    stats.reduce(ranks);
    const Summary summary = stats.take();
    if (ranks.first()) {
      StatusLine line;
      line.tick = tick;
      line.kimg = kimg();
      line.seconds = total;
      line.seconds_per_kimg = per_kimg;
      line.seconds_left = (total_kimg() - kimg()) * per_kimg;
      line.memory_gib = peak;
      line.augment_p = trainer->augment_p();
      line.not_finite = trainer->not_finite();
      voice.say(line.text(summary));
      voice.log.tick(summary, kimg());
    }
    const auto rest = Clock::now();
    const bool snapshot = last || (o.snapshot_ticks > 0 && tick % o.snapshot_ticks == 0);
    const bool pictures = last || (o.image_ticks > 0 && tick % o.image_ticks == 0);
    const bool keep = !snapshot || sound();  // the same on all ranks
    if (snapshot && keep) {
      // The state first: who stops us may not wait for more.
      const bool state = save_state(feed->position(), tick);
      saved = save_snapshot() && state;
    } else if (snapshot) {
      voice.warn("no snapshot: weights or gradients are not finite; older files stay");
    }
    if (pictures) save_pictures();
    if (snapshot && keep && hooks.snapshot) {
      std::string file = ranks.first() ? numbered("network-snapshot-", "sgan") : "";
      ranks.broadcast(file, 0);
      hooks.snapshot(*data, file);
    }
    voice.show_warnings();
    ++tick;
    maintenance = seconds(rest, Clock::now());
    tick_start = Clock::now();
    tick_images = trainer->images();
    return keep;
  }

  // Whether the networks are worth keeping. A step or two without finite gradients happen with half
  // precision, and cost nothing.
  bool sound() const {
    const int bad = trainer->bad_steps();
    if (bad > 3 || !trainer->finite()) return false;
    return bad == 0 || grid->finite(*trainer, hooks.device);
  }

  // Signals reach processes at different moments, but all stop after the same step.
  bool stops() {
    double stop = hooks.stop && hooks.stop();
    if (ranks.size() > 1) ranks.sum({&stop, 1});
    return stop > 0;
  }

  bool go() {
    const auto wanted = int64_t(std::llround(total_kimg() * 1000));
    const auto per_tick = int64_t(std::max(1.0, o.kimg_per_tick * 1000));
    tick_images = trainer->images();
    int64_t next_tick = tick == 0 ? 0 : trainer->images() + per_tick;
    for (;;) {
      const bool done = trainer->images() >= wanted;
      const bool stopped = !done && stops();
      if (done || stopped) {
        const bool kept = end_tick(true);
        wait_for_first();
        if (!kept && done) {
          throw Diverged(
              cat("training diverged: weights or gradients are not finite at ", kimg(), " kimg"));
        }
        check(saved, voice.log.directory(), ": the end of the run could not be saved");
        return done;
      }
      trainer->step(fetch_or_save(trainer->batch() / ranks.size()));
      if (hooks.progress) hooks.progress(double(trainer->images()), double(wanted));
      if (trainer->images() >= next_tick) {
        if (trainer->images() < wanted) end_tick(false);
        next_tick += per_tick;
        while (next_tick <= trainer->images()) next_tick += per_tick;
      }
    }
  }
};

Run::Run(std::unique_ptr<Inner> inner) : in_(std::move(inner)) {}
Run::~Run() = default;

Run::Run(const RunOptions& options, dist::Communicator& ranks, const RunHooks& hooks)
    : in_(std::make_unique<Inner>(options, ranks, hooks)) {
  if (!options.resume.empty()) in_->take_over(options.resume);
  in_->trainer->batch();  // refuses what cannot be divided, before there is a directory
  if (ranks.first()) {
    in_->voice.log =
        RunLog::create(options.outdir, run_name(options, in_->data->info(), options.recipe));
    in_->voice.log.options(in_->options_file());
  }
  in_->begin();
  if (!options.resume.empty()) in_->voice.say("starts from the networks of " + options.resume);
  if (in_->missing > 0) {
    in_->voice.warn(cat(options.resume, ": lacks tensors of this configuration; ", in_->missing,
                        " start anew"));
  }
  if (in_->starts_anew) in_->voice.warn(options.resume + ": has no discriminator; it starts anew");
  in_->voice.attempt("drawing the data",
                     [&] { in_->grid->write_reals(*in_->data, in_->voice.log.path("reals.png")); });
}

namespace {

// Numbers that a state cannot do without are missing only where somebody else wrote it.
template <class Body>
auto reading_state(const std::string& path, const Body& body) try {
  return body();
} catch (const json::exception& e) {
  fail(path, ": not a whole state: ", e.what());
} catch (const std::out_of_range&) {
  fail(path, ": not a whole state: a tensor is missing");
}

}  // namespace

std::unique_ptr<Run> Run::resume(const std::string& directory, const RunChanges& changes,
                                 dist::Communicator& ranks, const RunHooks& hooks) {
  const std::string path = directory + "/" + kStateFile;
  const SavedState saved = read_state(path);
  RunOptions o = reading_state(path, [&] { return RunOptions::from_json(saved.options); });
  o.apply(changes);
  auto inner = std::make_unique<Inner>(o, ranks, hooks);
  const std::string hash = reading_state(path, [&] {
    const json& data = saved.options.at("dataset");
    const auto& now = inner->data->info();
    const auto same = [&](const char* what, int is) {
      const int was = data.at(what);
      check(is == was, o.data, ": the data have changed: ", what, " is ", is, ", but was ", was,
            " when the run was saved");
    };
    same("resolution", now.resolution);
    same("channels", now.channels);
    if (o.labels) same("label_dim", now.label_dim);
    return data.at("hash").get<std::string>();
  });
  reading_state(path, [&] {
    try {
      inner->trainer->restore(saved.tensors, saved.counters);
    } catch (const Error& e) {
      fail(path, ": ", e.what());
    }
    inner->feed->seek(saved.counters.at("position").get<int64_t>() / ranks.size());
    inner->tick = saved.counters.at("tick").get<int64_t>() + 1;
    inner->before = saved.counters.at("seconds");
  });
  if (ranks.first()) {
    inner->voice.log = RunLog::resume(directory);
    inner->voice.log.options(inner->options_file());
  }
  inner->begin();
  if (hash != inner->data->info().hash) {
    inner->voice.warn(cat("the data have changed since the state was saved: their hash is ",
                          inner->data->info().hash.substr(0, 16), ", it was ", hash.substr(0, 16)));
  }
  inner->voice.say(cat("goes on at ", inner->kimg(), " kimg"));
  return std::unique_ptr<Run>(new Run(std::move(inner)));
}

bool Run::go() try { return in_->go(); } catch (const std::exception& e) {
  in_->voice.log.line(e.what());
  throw;
}
bool Run::has_state() const { return std::filesystem::exists(in_->voice.log.path(kStateFile)); }
const std::string& Run::directory() const { return in_->voice.log.directory(); }

}  // namespace sgan::train
