#include "lib/train/classifier_run.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "lib/io/model.hpp"
#include "lib/io/output.hpp"
#include "lib/rt/memory.hpp"
#include "lib/train/classifier_data.hpp"
#include "lib/train/classifier_trainer.hpp"
#include "lib/train/run_voice.hpp"
#include "lib/train/state_file.hpp"
#include "lib/train/stats.hpp"
#include "lib/train/status_line.hpp"

namespace sgan::train {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr int hopeless_steps = 50;            // whose gradients are not finite, on end
constexpr int64_t pictures_of_a_test = 1000;  // between ticks; at the end all held-out ones

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += "-" + word;
  return all;
}

std::string feature_name(const ClassifierOptions& o) {
  return o.name.empty() ? kClassifierConfig + joined(o.attributes) : o.name;
}

std::shared_ptr<const io::Dataset> open(const ClassifierOptions& o) {
  io::DatasetOptions d;
  d.labels = o.table.empty();
  d.max_images = o.max_images;
  d.subset_seed = o.seed;
  if (o.table.empty()) {
    check(io::open_dataset(o.data)->info().has_labels, o.data,
          ": has no classes; --attributes names a table of its pictures' attributes");
  }
  std::shared_ptr<const io::Dataset> data = io::open_dataset(o.data, d);
  require_network_size(data->info());
  return data;
}

json features_of(const ClassifierOptions& o, const ClassifierData& data) {
  const io::DatasetInfo& info = data.training->info();
  return {{"network", "classifier"},
          {"name", feature_name(o)},
          {"family", "stylegan1"},
          {"args", nets::classifier_args(info.resolution, info.channels, data.attributes,
                                         o.recipe.at("fmap_base"), o.recipe.at("fmap_max"))},
          {"attributes", nets::to_json(data.attributes)}};
}

}  // namespace

json describe_classifier(const ClassifierOptions& o) {
  const ClassifierData data =
      classifier_data(open(o), o.attributes, o.table, o.recipe.at("holdout"));
  json all = o.to_json();
  all["features"] = features_of(o, data);
  all["pictures"] = data.training->info().count;
  all["held_out"] = data.held_out ? data.held_out->info().count : 0;
  return all;
}

struct ClassifierRun::Inner {
  ClassifierOptions o;
  RunHooks hooks;
  ClassifierData data;
  json features;
  std::unique_ptr<ClassifierTrainer> trainer;
  std::unique_ptr<io::Loader> loader;
  RunVoice voice;
  Stats stats;
  int64_t tick = 0, tick_images = 0;
  double before = 0;  // seconds of training before this process
  Clock::time_point start = Clock::now(), tick_start = start;
  bool saved = true;  // what was to be saved last
  json accuracies;    // of the last tick

  Inner(const ClassifierOptions& options, const RunHooks& h) : o(options), hooks(h), voice(h.line) {
    data = classifier_data(open(o), o.attributes, o.table, o.recipe.at("holdout"));
    features = features_of(o, data);
    trainer = std::make_unique<ClassifierTrainer>(features, o.recipe, o.seed, hooks.device);
    io::LoaderOptions l;
    l.workers = o.workers;
    l.seed = o.seed;
    loader = std::make_unique<io::Loader>(data.training, o.recipe.at("batch").get<int64_t>(), l);
  }

  double kimg() const { return double(trainer->images()) / 1000; }
  double total_kimg() const { return o.recipe.at("total_kimg"); }
  double total_seconds() const {
    return before + std::chrono::duration<double>(Clock::now() - start).count();
  }
  int64_t held_out() const { return data.held_out ? data.held_out->info().count : 0; }

  json options_file() const {
    const io::DatasetInfo& info = data.training->info();
    json all = o.to_json();
    all["dataset"] = {{"name", info.name},         {"count", info.count},
                      {"held_out", held_out()},    {"resolution", info.resolution},
                      {"channels", info.channels}, {"label_dim", info.label_dim},
                      {"hash", info.hash}};
    all["architecture"] = "features";
    all["generator"] = json::object();
    all["discriminator"] = features.at("args");
    all["features"] = features;
    return all;
  }

  void begin() {
    const io::DatasetInfo& info = data.training->info();
    voice.say(cat("data ", info.path, ": ", info.count, " pictures of ", info.resolution, "x",
                  info.resolution, "x", info.channels, ", ", held_out(), " more held out",
                  data.unknown ? cat(", ", data.unknown, " of unknown attributes") : "", ", hash ",
                  info.hash.substr(0, 16)));
    for (const nets::Attribute& a : data.attributes) {
      std::string classes;
      for (const std::string& c : a.classes) classes += (classes.empty() ? "" : ", ") + c;
      if (classes.size() > 200) classes = classes.substr(0, 200) + " ...";
      voice.say(cat("attribute ", a.name, ": ", a.classes.size(), " classes: ", classes));
    }
  }

  bool save_state(int64_t position, int64_t over) {
    return voice.attempt("saving the state", [&] {
      SavedState s;
      s.tensors = trainer->state();
      s.options = options_file();
      s.counters = trainer->counters();
      s.counters["position"] = position;
      s.counters["tick"] = over;
      s.counters["seconds"] = total_seconds();
      write_state(voice.log.path(kStateFile), s);
    });
  }

  bool save_snapshot() {
    return voice.attempt("saving a snapshot", [&] {
      const io::DatasetInfo& info = data.training->info();
      io::ModelSettings settings;
      settings.architecture = "features";
      settings.more["features"] = features.dump();
      settings.training = json{{"config", kClassifierConfig}, {"kimg", kimg()},
                               {"data", info.name},           {"data_hash", info.hash},
                               {"pictures", info.count},      {"held_out", held_out()},
                               {"accuracy", accuracies},      {"seed", o.seed},
                               {"seconds", total_seconds()},  {"recipe", o.recipe}}
                              .dump();
      settings.licence = o.licence;
      settings.origin = o.origin;
      io::TensorMap tensors;
      io::add_network(tensors, "net", trainer->averaged());
      char name[64];
      std::snprintf(name, sizeof name, "network-snapshot-%06d.sgan", int(kimg()));
      io::Output out(voice.log.path(name));
      io::write_model(out, settings, tensors);
      out.finish();
    });
  }

  // Of the averaged network, without augmentation; names as in the log.
  void test(bool last) {
    accuracies = json::object();
    const auto add = [&](const char* part, const io::Dataset& pictures, int64_t most) {
      const std::vector<double> shares = trainer->accuracy(pictures, most);
      for (size_t k = 0; k < shares.size(); ++k) {
        if (std::isnan(shares[k])) continue;  // no picture of a known class
        const std::string& name = data.attributes[k].name;
        stats.report(cat("Accuracy/", part, "/", name), shares[k]);
        accuracies[name][part] = shares[k];
      }
    };
    add("seen", *data.training, pictures_of_a_test);
    if (data.held_out) {
      add("held_out", *data.held_out, last ? data.held_out->info().count : pictures_of_a_test);
    }
  }

  void report_tick(double took) {
    const double done = double(trainer->images() - tick_images) / 1000;
    const double per_kimg = done > 0 ? took / done : 0;
    const double peak = double(rt::memory_stats(hooks.device).peak) / (1 << 30);
    rt::reset_peak(hooks.device);
    stats.report("Progress/tick", double(tick));
    stats.report("Progress/kimg", kimg());
    stats.report("Timing/total_sec", total_seconds());
    stats.report("Timing/sec_per_tick", took);
    if (done > 0) stats.report("Timing/sec_per_kimg", per_kimg);
    stats.report("Resources/cpu_mem_gb", double(rt::resident_memory()) / (1 << 30));
    const Summary summary = stats.take();
    StatusLine line;
    line.tick = tick;
    line.kimg = kimg();
    line.seconds = total_seconds();
    line.seconds_per_kimg = per_kimg;
    line.seconds_left = (total_kimg() - kimg()) * per_kimg;
    line.memory_gib = peak;
    line.not_finite = trainer->not_finite();
    voice.say(line.text(summary) + answers());
    voice.log.tick(summary, kimg());
  }

  // "  tone 0.998 (held out 0.970)"
  std::string answers() const {
    std::string text;
    for (const auto& [name, shares] : accuracies.items()) {
      char number[64];
      std::snprintf(number, sizeof number, " %.3f", shares.value("seen", NAN));
      text += "  " + name + number;
      if (!shares.contains("held_out")) continue;
      std::snprintf(number, sizeof number, " (held out %.3f)", shares.value("held_out", NAN));
      text += number;
    }
    return text;
  }

  bool sound() const { return trainer->bad_steps() <= 3 && trainer->finite(); }

  bool end_tick(bool last) {
    const double took = std::chrono::duration<double>(Clock::now() - tick_start).count();
    test(last);
    report_tick(took);
    const bool snapshot = last || (o.snapshot_ticks > 0 && tick % o.snapshot_ticks == 0);
    const bool keep = !snapshot || sound();
    if (snapshot && keep) {
      const bool state = save_state(loader->position(), tick);
      saved = save_snapshot() && state;
    } else if (snapshot) {
      voice.warn("no snapshot: weights or gradients are not finite; older files stay");
    }
    voice.show_warnings();
    ++tick;
    tick_start = Clock::now();
    tick_images = trainer->images();
    return keep;
  }

  // Where a picture cannot be read, what has been learnt is kept.
  io::Batch next() {
    const int64_t at = loader->position();
    try {
      return loader->next();
    } catch (const std::exception&) {
      if (trainer->images() > 0 && sound() && save_state(at, tick - 1)) save_snapshot();
      throw;
    }
  }

  bool go() {
    const auto wanted = int64_t(std::llround(total_kimg() * 1000));
    const auto per_tick = int64_t(std::max(1.0, o.kimg_per_tick * 1000));
    tick_images = trainer->images();
    int64_t next_tick = trainer->images() + per_tick;
    for (;;) {
      const bool done = trainer->images() >= wanted;
      const bool stopped = !done && hooks.stop && hooks.stop();
      const bool hopeless = trainer->bad_steps() >= hopeless_steps;
      if (done || stopped || hopeless) {
        const bool kept = end_tick(true);
        if (!kept && !stopped) {
          throw Diverged(
              cat("training diverged: weights or gradients are not finite at ", kimg(), " kimg"));
        }
        check(saved, voice.log.directory(), ": the end of the run could not be saved");
        return done;
      }
      trainer->step(next(), stats);
      if (hooks.progress) hooks.progress(double(trainer->images()), double(wanted));
      if (trainer->images() >= next_tick) {
        if (trainer->images() < wanted) end_tick(false);
        while (next_tick <= trainer->images()) next_tick += per_tick;
      }
    }
  }
};

ClassifierRun::ClassifierRun(std::unique_ptr<Inner> inner) : in_(std::move(inner)) {}
ClassifierRun::~ClassifierRun() = default;

ClassifierRun::ClassifierRun(const ClassifierOptions& options, const RunHooks& hooks)
    : in_(std::make_unique<Inner>(options, hooks)) {
  const std::string name = cat(feature_name(options), "-", in_->data.training->info().name,
                               "-batch", options.recipe.at("batch").get<int>());
  in_->voice.log = RunLog::create(options.outdir, name);
  in_->voice.log.options(in_->options_file());
  in_->begin();
}

bool ClassifierRun::is_in(const std::string& directory) {
  const std::string path = directory + "/" + kStateFile;
  if (!std::filesystem::exists(path)) return false;  // Run says what is missing
  const io::SafetensorsFile file(path);
  return is_state(file) &&
         read_state_header(file).options.value("config", json()) == kClassifierConfig;
}

std::unique_ptr<ClassifierRun> ClassifierRun::resume(const std::string& directory,
                                                     const RunChanges& changes,
                                                     const RunHooks& hooks) {
  const std::string path = directory + "/" + kStateFile;
  const SavedState saved = read_state(path);
  try {
    ClassifierOptions o = ClassifierOptions::from_json(saved.options);
    o.apply(changes);
    auto inner = std::make_unique<Inner>(o, hooks);
    check(inner->features == saved.options.at("features"), path,
          ": the data have changed: their pictures or attributes are others than when the run was "
          "saved");
    inner->trainer->restore(saved.tensors, saved.counters);
    inner->loader->seek(saved.counters.at("position"));
    inner->tick = saved.counters.at("tick").get<int64_t>() + 1;
    inner->before = saved.counters.at("seconds");
    inner->voice.log = RunLog::resume(directory);
    inner->voice.log.options(inner->options_file());
    inner->begin();
    if (saved.options.at("dataset").at("hash") != inner->data.training->info().hash) {
      inner->voice.warn("the data have changed since the state was saved");
    }
    inner->voice.say(cat("goes on at ", inner->kimg(), " kimg"));
    return std::unique_ptr<ClassifierRun>(new ClassifierRun(std::move(inner)));
  } catch (const json::exception& e) {
    fail(path, ": not a whole state: ", e.what());
  }
}

bool ClassifierRun::go() try { return in_->go(); } catch (const std::exception& e) {
  in_->voice.log.line(e.what());
  throw;
}
const std::string& ClassifierRun::directory() const { return in_->voice.log.directory(); }
bool ClassifierRun::has_state() const {
  return std::filesystem::exists(in_->voice.log.path(kStateFile));
}

}  // namespace sgan::train
