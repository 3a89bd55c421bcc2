// Linear separability of a model's latent spaces.
#include <algorithm>

#include "cmd/measure.hpp"
#include "lib/io/output.hpp"
#include "lib/metrics/separability_job.hpp"

namespace {

using namespace sgan;
using metrics::Separability;
using metrics::Space;

const cli::MeasuringOptions kCommon = {.samples = 200000};

const cli::Program kProgram = {
    .name = "sgan-linsep",
    .synopsis = "",
    .description =
        "Measures how well hyperplanes in z and in w separate the attributes of the pictures, "
        "such\n"
        "as classifiers tell them. 1 is perfect; higher is worse.",
    .options = cli::measuring_options(
        {{"space", "both|z|w", "only one of the spaces (default both)"},
         {"data", "DATASET", "draw the labels of samples from this data set"},
         {"directions", "FILE", "write the separating directions in w, for sgan-mix --add"},
         {"attribute", "NAME", "--directions: only of this attribute, or NAME=CLASS"}},
        kCommon),
    .examples =
        "  sgan-linsep --n 2000\n"
        "  sgan-linsep -m ffhq.sgan --features classifiers/ --json\n"
        "  sgan-linsep --n 2000 --directions gender.w --attribute gender\n"
        "  sgan-z -n 8 | sgan-map | sgan-mix --add gender.w*2 | sgan-synth > changed.png",
    .see_also = "sgan-mix(1), sgan-train(1), sgan-ppl(1), sgan(7)",
    .max_files = 0,
};

// A direction of --directions: what lies where it leads to.
struct Direction {
  std::string name;
  const metrics::Plane* plane;
};

// "gender=woman", one for two classes, one a class for more.
std::vector<Direction> directions_of(const std::vector<nets::Attribute>& attributes,
                                     const Separability& in_w) {
  std::vector<Direction> all;
  for (size_t i = 0; i < attributes.size(); ++i) {
    const auto& planes = in_w.attributes[i].planes;
    const size_t first = planes.size() == 1 ? 1 : 0;  // of two classes towards the second
    for (size_t p = 0; p < planes.size(); ++p) {
      const auto& n = planes[p].normal;
      if (std::all_of(n.begin(), n.end(), [](double v) { return v == 0; })) continue;
      all.push_back({attributes[i].name + "=" + attributes[i].classes[first + p], &planes[p]});
    }
  }
  return all;
}

// The attribute that --attribute names is there, before a long measurement.
void check_attribute(const cli::Args& args, const std::vector<nets::Attribute>& attributes) {
  if (!args.has("attribute")) return;
  if (!args.has("directions")) cli::misuse("--attribute goes with --directions");
  const std::string wish = args.text("attribute", "");
  std::string known;
  for (const auto& a : attributes) {
    known += (known.empty() ? "" : ", ") + a.name;
    if (wish == a.name) return;
    for (const auto& c : a.classes)
      if (wish == a.name + "=" + c) return;
  }
  cli::misuse("--attribute: the classifiers tell no '", wish, "', but ", known);
}

void write_directions(const cli::Args& args, const cli::Model& model,
                      const std::vector<Direction>& all, io::Output& out) {
  const std::string wish = args.text("attribute", "");
  std::vector<Direction> chosen;
  for (const Direction& d : all)
    if (wish.empty() || d.name == wish || d.name.starts_with(wish + "=")) chosen.push_back(d);
  // Of two classes the direction to the first is the other one turned round.
  check(!chosen.empty(), "--directions: nothing separates ",
        wish.empty() ? "the attributes: all samples were of one class"
                     : wish + ": all samples were of one class, or it is the first of two classes");
  io::Provenance provenance;
  provenance.kind = io::Kind::w;
  provenance.model = model.hash();
  std::string names;
  for (const Direction& d : chosen) names += (names.empty() ? "" : ", ") + d.name;
  provenance.notes[kProgram.name] = names;
  io::Writer writer(out, provenance);
  for (const Direction& d : chosen)
    writer.write(metrics::direction_of(*d.plane, model.info().num_ws));
  writer.finish();
  out.finish();
  args.info("directions: ", names);
}

std::vector<cli::Result> results_of(const Separability& s, const std::string& name, int64_t count,
                                    const std::vector<nets::Attribute>& attributes) {
  std::vector<cli::Result> results{{.metric = name, .value = s.score, .count = count}};
  results[0].numbers["kept"] = double(count / 2);
  for (size_t i = 0; i < attributes.size(); ++i) {
    cli::Result detail{.metric = name + "." + attributes[i].name,
                       .value = s.attributes[i].entropy_bits,
                       .unit = " bits",
                       .count = count,
                       .detail = true};
    if (s.attributes[i].planes.empty()) detail.texts["remark"] = "all samples are of one class";
    results.push_back(std::move(detail));
  }
  return results;
}

void body(cli::Args& args) {
  const int which = args.choice("space", "both", "both|z|w");
  if (which == 1 && args.has("directions"))
    cli::misuse("--directions are in w; --space z leaves it out");
  const cli::Model model(args);
  cli::Measuring measuring(args, kCommon);
  if (measuring.samples() < 2) cli::misuse("--n: 2 samples at least; half of them are kept");
  measuring.set_model(model);
  const bool has_w = model.info().has_mapping;
  check(has_w || (which != 2 && !args.has("directions")), model.file().name(),
        ": has no mapping network, and so no w");
  std::unique_ptr<io::Output> list;  // opened now: a file that cannot be made is no news for later
  if (args.has("directions") && measuring.ranks().first())
    list = std::make_unique<io::Output>(args.text("directions", ""));
  const auto data = measuring.label_data(model);
  const cli::Sampler sampler(args, model, data.get());
  const auto& classifiers = measuring.classifiers();
  const auto attributes = metrics::attributes_of(classifiers);
  check_attribute(args, attributes);
  const int64_t batch = measuring.batch(model);
  model.require_memory(batch, {.noise = nets::NoiseMode::random}, measuring.device());
  const auto net = model.generator(measuring.device());
  auto job = metrics::separability_job(*net, sampler.samples(), classifiers, sampler.psi(),
                                       measuring.device());
  job.unit = batch;
  const auto table = measuring.run(job, cat("latents and classes; ", sampler.identity()));

  std::vector<cli::Result> results;
  Separability in_w;
  for (const Space space : {Space::z, Space::w}) {
    const bool is_w = space == Space::w;
    if ((is_w && !has_w) || which == (is_w ? 1 : 2)) continue;
    const auto found = metrics::separability(table.rows, model.info(), space, attributes);
    const auto more = results_of(found, is_w ? "ls_w" : "ls_z", table.done(), attributes);
    results.insert(results.end(), more.begin(), more.end());
    if (is_w) in_w = found;
  }
  if (measuring.ranks().first()) {
    for (const auto& r : results)
      if (r.texts.count("remark")) args.warn(r.metric, ": ", r.texts.at("remark"));
  }
  measuring.report(results);
  if (list) write_directions(args, model, directions_of(attributes, in_w), *list);
  measuring.finish();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
