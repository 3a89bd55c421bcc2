#include "lib/train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "lib/dist/buckets.hpp"
#include "lib/dist/gradient_average.hpp"
#include "lib/ops/layout.hpp"
#include "lib/train/augment/augment.hpp"
#include "lib/train/augment/controller.hpp"
#include "lib/train/blur.hpp"
#include "lib/train/player.hpp"
#include "lib/train/reals.hpp"
#include "lib/train/schedule.hpp"
#include "lib/train/trainer_setup.hpp"

namespace sgan::train {
namespace {

using nets::TensorMap;
using nlohmann::json;

// Non-finite gradients in this many steps one after the other end a run.
constexpr int hopeless_steps = 50;

Var rows(const Var& x, int64_t begin, int64_t end) {
  return x.defined() ? ops::slice(x, 0, begin, end) : x;
}

}  // namespace

struct Trainer::Inner {
  TrainerSettings s;
  nets::Preset preset;
  const io::Dataset& data;
  dist::Communicator& ranks;
  std::unique_ptr<nets::Generator> g;
  std::unique_ptr<nets::Discriminator> d;
  Player g_player, d_player;
  std::unique_ptr<Phases> phases;
  std::unique_ptr<Average> average;
  // Of the coming step: pictures of all ranks, and in a round of this one.
  int64_t batch = 0, batch_gpu = 0;
  int64_t images = 0, steps = 0, not_finite = 0;
  std::unique_ptr<Growth> growth;  // null: full resolution from the start
  double lod = -1;
  bool prepared = false;
  bool forget = false;  // Adam's means belong to other layers from now on
  int bad_steps = 0;
  std::unique_ptr<AugmentPipe> pipe;  // null: no augmentation
  AugmentController control;
  Phases::Report report;

  Inner(const TrainerSettings& settings, const io::Dataset& labels, dist::Communicator& r)
      : s(settings),
        preset(with_recipe(s.preset, s.recipe)),
        data(labels),
        ranks(r),
        control(augment_control(s.recipe)) {
    const json& recipe = s.recipe;
    if (recipe.at("growth").is_object()) {
      growth = std::make_unique<Growth>(
          GrowthSettings::from(recipe.at("growth"), data.info().resolution, ranks.size()));
    }
    batch = recipe.at("batch");
    check(growth || batch % ranks.size() == 0, "a batch of ", batch, " cannot be divided among ",
          ranks.size(), " processes");
    const uint64_t seed = s.seed;
    g = nets::make_generator(
        preset.family, preset.generator,
        without_noise(nets::random_weights(preset.family, preset.generator, mixed(seed, 1))),
        s.device, rt::DType::f32, true);
    d = nets::make_discriminator(
        preset.discriminator_family, preset.discriminator,
        nets::random_discriminator_weights(preset.discriminator_family, preset.discriminator,
                                           mixed(seed, 2)),
        s.device, rt::DType::f32, true);
    check(!growth || g->info().has_lod, "'growth' is set, but the networks of ", preset.name,
          " do not grow");
    check(data.info().resolution == g->info().resolution, "pictures of ", data.info().resolution,
          " pixels for networks of ", g->info().resolution);
    g_player = player(g->parameters(), "g_lr", "g_reg_interval", {});
    d_player = player(d->parameters(), "d_lr", "d_reg_interval", [&](const std::string& name) {
      return frozen_in_discriminator(name, g->info().resolution, s.freeze_d);
    });
    phases = std::make_unique<Phases>(*g, *d, g_player.parameters, d_player.parameters,
                                      loss_settings(recipe, preset, s.device));
    average = std::make_unique<Average>(g->parameters());
    if (recipe.at("augment") != "noaug") {
      pipe = std::make_unique<AugmentPipe>(
          AugmentSettings::named(recipe.at("augment_pipe").get<std::string>()));
    }
    // Shared by all, whatever a process started with.
    phases->report = [this](const std::string& name, const Var& v) { seen(name, v); };
  }

  Player player(const std::map<std::string, Var>& tensors, const char* lr, const char* interval,
                const std::function<bool(const std::string&)>& frozen) const {
    Player p;
    p.tensors = tensors;
    p.parameters = Parameters::of(tensors, frozen);
    p.interval = s.recipe.at(interval);
    p.lr = s.recipe.at(lr);
    return p;
  }

  // What the coming step is like; once a step, so that a state saved between two steps has not
  // looked ahead.
  void prepare() {
    if (prepared) return;
    prepared = true;
    forget = false;
    if (growth) {
      const GrowthStage& stage = growth->step(images);
      batch = stage.minibatch;
      lod = stage.lod;
      g_player.lr = d_player.lr = stage.lr;
      forget = growth->reset_due();
    }
    batch_gpu = round_size(s.recipe, batch / ranks.size(), s.batch_gpu);
  }

  // After the players have found their place: Adam refers to their parameters.
  void make_optimisers() {
    for (Player* p : {&g_player, &d_player}) {
      AdamSettings a;
      a.lr = p->lr;
      a.beta1 = s.recipe.at("adam_beta1");
      a.beta2 = s.recipe.at("adam_beta2");
      a.epsilon = s.recipe.at("adam_eps");
      p->adam = std::make_unique<Adam>(p->parameters, a.corrected_for(p->interval));
    }
  }

  // Labels of generated pictures: those of real ones, drawn at random.
  Var labels(uint64_t stream, const Numbering& pictures, int64_t count) const {
    const int dim = g->info().c_dim;
    if (dim == 0) return {};
    rt::Tensor t({count, dim}, rt::DType::f32);
    for (int64_t i = 0; i < count; ++i) {
      PhiloxSource random(s.seed, mixed(stream, 7, pictures[i]));
      data.label(random.integer(0, data.info().count - 1), t.data<float>() + i * dim);
    }
    return t.to(s.device);
  }

  // What D sees: blurred, then augmented. The pictures of one phase draw from one sequence after
  // the other.
  std::function<Var(const Var&)> view(uint64_t stream, const Numbering& pictures) const {
    const double sigma =
        blur_sigma(s.recipe.at("blur_init_sigma"), s.recipe.at("blur_fade_kimg"), double(images));
    const double p = control.p();
    if (sigma <= 0 && (!pipe || p <= 0)) return {};
    return [this, sigma, p, stream, pictures, calls = uint64_t{0}](const Var& x) mutable {
      const Var y = sigma > 0 ? blur(x, sigma) : x;
      return pipe && p > 0 ? (*pipe)(y, p, mixed(stream, 6, calls++), pictures.first, pictures.step)
                           : y;
    };
  }

  void seen(const std::string& name, const Var& v) {
    // Once a batch: the main phase and the regularisation phase both score reals.
    if (name == "Loss/signs/real" && counts_signs) {
      double sum = 0;
      for (const double sign : v.value().to_doubles()) sum += sign;
      signs[0] += sum;
      signs[1] += double(v.shape().numel());
    }
    if (report) report(name, v);
  }
  double signs[2] = {0, 0};
  bool counts_signs = false;

  void run(Phase phase, double gain, const Var& reals, const Var& real_labels) {
    const auto start = std::chrono::steady_clock::now();
    const uint64_t stream = mixed(s.seed, uint64_t(steps), uint64_t(phase), 3);
    const int64_t share = batch / ranks.size(), rounds = share / batch_gpu;
    Player& player = trains_generator(phase) ? g_player : d_player;
    Vars gradients;
    dist::GradientAverage* travelling = nullptr;  // while the backward pass goes on
    if (ranks.size() > 1 && rounds == 1) {
      travelling = &averages.try_emplace(phase, ranks).first->second;
    }
    for (int64_t k = 0; k < rounds; ++k) {
      const int64_t begin = k * batch_gpu, end = begin + batch_gpu;
      // In the batch of all ranks, which the sampler deals out like cards. What is drawn for a
      // whole round is the same on all.
      const Numbering pictures{uint64_t(ranks.rank() + begin * ranks.size()),
                               uint64_t(ranks.size())};
      PhiloxSource random(s.seed, mixed(stream, 8, uint64_t(k)), mixed(stream, 9), pictures);
      Round round;
      round.real = rows(reals, begin, end);
      round.real_labels = rows(real_labels, begin, end);
      round.z = random.normal("z", {batch_gpu, g->info().z_dim}).to(s.device);
      round.labels = labels(stream, pictures, batch_gpu);
      round.gain = gain;
      round.lod = lod;
      round.random = &random;
      round.view = view(stream, pictures);
      // Gradients of several rounds are sums that are not final before the last, and few.
      if (travelling) {
        round.ready = [&](size_t i, const Var& v) { travelling->ready(i, v.value()); };
      }
      add_gradients(gradients, phases->run(phase, round));
    }
    if (travelling) {
      for (const auto& [i, mean] : travelling->finish()) gradients[i] = Var(mean);
    } else if (ranks.size() > 1) {
      dist::Buckets buckets(ranks);
      for (size_t i = 0; i < gradients.size(); ++i) {
        if (gradients[i].defined()) buckets.add(i, gradients[i].value());
      }
      for (const auto& [i, mean] : buckets.finish()) gradients[i] = Var(mean);
    }
    const int64_t bad = player.adam->step(gradients);
    not_finite += bad;
    // In milliseconds, as the official log has it; that count waited for the device.
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (report) report(cat("Timing/", name_of(phase)), Var(rt::Tensor::full({}, took.count())));
    bad_this_step |= bad > 0;
  }
  bool bad_this_step = false;
  std::map<Phase, dist::GradientAverage> averages;  // several ranks

  void step(const io::Batch& reals) {
    prepare();
    const int64_t share = batch / ranks.size();
    check(reals.images.size(0) == share, "a batch of ", reals.images.size(0), " where ", share,
          " is wanted");
    for (Player* p : {&g_player, &d_player}) {
      if (growth) p->adam->set_lr(p->lr);
      if (forget) p->adam->reset();
    }
    const int level = lod > 0 ? int(lod) : 0;
    const Var images_now =
        process_reals(level ? reduce_pictures(reals.images, level) : reals.images, {},
                      std::max(lod, 0.0), data.info().resolution, rt::DType::f32, s.device);
    const Var real_labels = g->info().c_dim ? Var(reals.labels.to(s.device)) : Var();
    bad_this_step = false;
    counts_signs = true;
    signs[0] = signs[1] = 0;
    const auto play = [&](const Player& p, Phase main, Phase reg, Phase both) {
      if (p.interval == 0) return run(both, 1, images_now, real_labels);
      run(main, 1, images_now, real_labels);
      if (steps % p.interval == 0) run(reg, p.interval, images_now, real_labels);
    };
    const auto play_g = [&] { play(g_player, Phase::g_main, Phase::g_reg, Phase::g_both); };
    const auto play_d = [&] { play(d_player, Phase::d_main, Phase::d_reg, Phase::d_both); };
    if (growth) {  // the order of the programs of the time
      play_d();
      play_g();
    } else {
      play_g();
      play_d();
    }
    if (ranks.size() > 1) share_means();
    update_average();
    if (pipe) {
      if (ranks.size() > 1) ranks.sum(signs);
      control.add(signs[0], signs[1]);
      control.step(batch);
    }
    images += batch;
    ++steps;
    prepared = false;
    bad_steps = bad_this_step ? bad_steps + 1 : 0;
    if (bad_steps >= hopeless_steps) {
      throw Diverged(cat("training diverged: no finite gradients in ", bad_steps, " steps, at ",
                         double(images) / 1000, " kimg; the last snapshot stays as it is"));
    }
  }

  // Running means come from each process's own pictures.
  void share_means() {
    for (const auto& [name, buffer] : g_player.parameters.buffers) {
      const bool moves = name.ends_with("w_avg") || name.ends_with("magnitude_ema") ||
                         name.ends_with("dlatent_avg");
      if (moves) ranks.average(buffer.value());
    }
    ranks.average(phases->pl_mean());
    ranks.wait();
  }

  void update_average() {
    const double kimg = s.recipe.at("ema_kimg"), rampup = s.recipe.at("ema_rampup");
    const double beta = kimg > 0 ? ema_beta(double(batch), kimg * 1000, double(images),
                                            rampup > 0 && !resumed ? rampup : -1)
                                 : s.recipe.at("ema_decay").get<double>();
    average->update(g->parameters(), beta);
  }
  bool resumed = false;  // from another run's weights: no ramp-up
};

Trainer::Trainer(const TrainerSettings& settings, const io::Dataset& labels,
                 dist::Communicator& ranks)
    : in_(std::make_unique<Inner>(settings, labels, ranks)) {
  in_->make_optimisers();
}
Trainer::~Trainer() = default;

int64_t Trainer::batch() {
  in_->prepare();
  return in_->batch;
}
double Trainer::lod() const { return in_->lod; }
int64_t Trainer::images() const { return in_->images; }
int64_t Trainer::steps() const { return in_->steps; }
double Trainer::augment_p() const { return in_->pipe ? in_->control.p() : 0; }
int64_t Trainer::not_finite() const { return in_->not_finite; }
int Trainer::bad_steps() const { return in_->bad_steps; }
bool Trainer::finite() const {
  for (const TensorMap& network : {generator(), discriminator(), averaged_generator()}) {
    for (const auto& [name, t] : network) {
      for (const float v : t.to(rt::DType::f32).span<float>()) {
        if (!std::isfinite(v)) return false;
      }
    }
  }
  return true;
}
void Trainer::step(const io::Batch& reals) { in_->step(reals); }
void Trainer::report_to(Phases::Report report) { in_->report = std::move(report); }
const nets::Preset& Trainer::preset() const { return in_->preset; }

size_t Trainer::take_over(const TensorMap& g, const TensorMap& d, const TensorMap& g_ema) {
  size_t missing = copy_into(in_->g_player.tensors, g, "the generator", false);
  if (!d.empty()) missing += copy_into(in_->d_player.tensors, d, "the discriminator", false);
  in_->average = std::make_unique<Average>(in_->g->parameters());
  TensorMap mean = in_->average->official();
  for (const auto& [name, t] : g_ema) {
    const auto own = mean.find(name);
    if (own != mean.end() && own->second.shape() == t.shape()) own->second = t;
  }
  in_->average->restore(mean);
  in_->resumed = true;
  return missing;
}

namespace {

// Networks of the first two generations keep the level of detail that they were trained to.
TensorMap with_lod(TensorMap tensors, nets::Family family, double lod) {
  const bool keeps = family == nets::Family::progan || family == nets::Family::stylegan1;
  if (keeps && lod >= 0) tensors["lod"] = rt::Tensor::full({}, lod);
  return tensors;
}

}  // namespace

TensorMap Trainer::generator() const {
  return with_lod(official_tensors(in_->g->parameters()), preset().family, in_->lod);
}
TensorMap Trainer::discriminator() const {
  return with_lod(official_tensors(in_->d->parameters()), preset().discriminator_family, in_->lod);
}
TensorMap Trainer::averaged_generator() const {
  return with_lod(in_->average->official(), preset().family, in_->lod);
}

TensorMap Trainer::state() const {
  TensorMap all;
  const auto add = [&](const char* role, const TensorMap& tensors) {
    for (const auto& [name, t] : tensors) all[cat(role, '.', name)] = t;
  };
  add("G", generator());
  add("D", discriminator());
  add("G_ema", averaged_generator());
  add("adam_G", in_->g_player.adam->state());
  add("adam_D", in_->d_player.adam->state());
  all["pl_mean"] = in_->phases->pl_mean().to(rt::cpu).clone();
  return all;
}

json Trainer::counters() const {
  return {{"images", in_->images},
          {"steps", in_->steps},
          {"augment", in_->control.state()},
          {"not_finite", in_->not_finite},
          {"lod", in_->lod},
          {"growth", in_->growth ? in_->growth->state() : json()},
          {"resumed", in_->resumed}};
}

void Trainer::restore(const TensorMap& state, const json& counters) {
  const auto below = [&](const char* role) { return tensors_below(state, role); };
  copy_into(in_->g_player.tensors, below("G"), "the saved generator", true);
  copy_into(in_->d_player.tensors, below("D"), "the saved discriminator", true);
  in_->average->restore(below("G_ema"));
  in_->g_player.adam->restore(below("adam_G"));
  in_->d_player.adam->restore(below("adam_D"));
  in_->phases->pl_mean().copy_from(state.at("pl_mean"));
  in_->images = counters.at("images");
  in_->steps = counters.at("steps");
  in_->control.restore(counters.at("augment"));
  in_->not_finite = counters.at("not_finite");
  in_->resumed = counters.at("resumed");
  if (in_->growth) in_->growth->restore(counters.at("growth"));
  in_->lod = counters.at("lod");
}

}  // namespace sgan::train
