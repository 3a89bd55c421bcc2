// Pictures to a checked data set.
#include <filesystem>

#include "cmd/cli.hpp"
#include "lib/io/dataset/convert.hpp"

namespace {

using namespace sgan;

const cli::Program kProgram = {
    .name = "sgan-data",
    .synopsis = "SOURCE",
    .description =
        "Makes a data set for training and measuring from SOURCE: a folder of pictures, a zip of\n"
        "pictures, an array file, or TFRecord files of the older programs. The data set is a zip "
        "in\n"
        "the official layout or, when its name ends in .npy, an array that is read without any\n"
        "picture library. Every picture that cannot be used is named, with the reason.",
    .options = {{"o,output", "FILE", "write to FILE, not to stdout: a zip, or .npy"},
                {"resolution", "WxH", "scale to this size, such as 256x256 (or 256)"},
                {"transform", "NAME",
                 "center-crop, or center-crop-wide with black above and below"},
                {"filter", "NAME", "how to scale: lanczos or box (default lanczos)"},
                {"colour", "NAME", "keep, grey or rgb (default keep)"},
                {"flatten", "COLOUR", "lay transparent pictures over white, black or RRGGBB"},
                {"classes", "", "the sub-folders of SOURCE are classes"},
                {"max-images", "N", "take only the first N pictures"},
                {"skip-bad", "", "leave out the pictures that cannot be used"},
                {"check", "", "only list the pictures that cannot be used; write nothing"}},
    .examples =
        "  sgan-data photos -o photos-256.zip --resolution 256x256 --transform center-crop\n"
        "  sgan-data --check photos-256.zip\n"
        "  sgan-data --classes animals --flatten white -o animals.zip\n"
        "  sgan-data photos-256.zip -o photos-256.npy",
    .see_also = "sgan-info(1), sgan-synth(1), sgan-train(1), sgan-stream(5), sgan(7)",
};

io::ConvertOptions options_of(const cli::Args& args) {
  io::ConvertOptions options;
  io::TransformOptions& t = options.transform;
  std::tie(t.width, t.height) = args.size("resolution", true);
  if (args.has("transform"))
    t.crop = args.choice("transform", "", "center-crop|center-crop-wide") == 0 ? io::Crop::center
                                                                               : io::Crop::wide;
  const std::string given = args.text("resolution", "");
  const bool wide = t.crop == io::Crop::wide;
  if (wide && t.width == 0) cli::misuse("--transform center-crop-wide needs --resolution WxH");
  if (t.width > 0 && !io::is_network_resolution(t.width))
    cli::misuse("--resolution: '", given, "': networks have 4x4, 8x8, 16x16, ... pixels");
  if (wide && t.height > t.width)
    cli::misuse("--resolution: '", given, "' is not wider than high, as center-crop-wide is");
  if (!wide && t.width != t.height)
    cli::misuse("--resolution: '", given,
                "' is not square; only --transform center-crop-wide takes others");
  t.filter = args.choice("filter", "lanczos", "lanczos|box") == 0 ? io::ResizeFilter::lanczos
                                                                  : io::ResizeFilter::box;
  constexpr io::Colour kColours[] = {io::Colour::keep, io::Colour::grey, io::Colour::rgb};
  t.colour = kColours[args.choice("colour", "keep", "keep|grey|rgb")];
  if (args.has("flatten")) {
    t.background = io::parse_colour(args.text("flatten", ""));
    if (!t.background)
      cli::misuse("--flatten: '", args.text("flatten", ""), "' is not white, black or RRGGBB");
  }
  options.classes = args.has("classes");
  options.max_images = args.integer("max-images", 0, 1, int64_t{1} << 32);
  options.skip_bad = args.has("skip-bad");
  return options;
}

std::string counted(int64_t n, const char* what) { return cat(n, " ", what, n == 1 ? "" : "s"); }

std::string summary(const io::ConvertResult& r) {
  std::string text = cat(counted(r.count, "picture"), ", ", r.side, "x", r.side,
                         r.channels == 1 ? " grey" : " RGB");
  if (r.label_dim > 0)
    text += r.label_vectors ? cat(", labels of ", counted(r.label_dim, "number"))
                            : cat(", ", r.label_dim, r.label_dim == 1 ? " class" : " classes");
  if (!r.bad.empty()) text += cat(", ", r.bad.size(), r.hash.empty() ? " bad" : " left out");
  if (!r.hash.empty()) text += cat(", hash ", r.hash);
  return text;
}

// Returns how many pictures were listed.
size_t check_only(const io::Pictures& pictures, const io::ConvertOptions& options,
                  cli::Progress& progress) {
  io::Output out("-", false);
  io::ConvertEvents events;
  events.bad = [&](const std::string& name, const std::string& reason) {
    out.write(cli::one_line(cat(name, ": ", reason)) + "\n");
  };
  events.progress = [&](int64_t count) { progress.add(count); };
  io::ConvertResult result;
  try {
    result = io::convert(pictures, options, nullptr, events);
  } catch (const io::PipeClosed&) {
    throw;
  } catch (const Error&) {  // such as that all are bad: what was found is still listed
    out.finish();
    throw;
  }
  out.write(summary(result) + "\n");
  out.finish();
  return result.bad.size();
}

void body(cli::Args& args) {
  if (args.files().empty()) cli::misuse("name a folder, a zip or another data set");
  io::ConvertOptions options = options_of(args);
  if (args.has("check") && args.has("output")) cli::misuse("--check writes nothing; leave out -o");
  const auto pictures = io::open_pictures(args.files()[0]);
  if (!pictures->others().empty())
    args.warn(pictures->path(), ": ", counted(int64_t(pictures->others().size()), "file"),
              " passed over, no picture by name: ", pictures->others()[0]);
  cli::Progress progress(args, "pictures");
  if (args.has("check")) {
    if (check_only(*pictures, options, progress) > 0) throw cli::Reported();
    return;
  }

  io::ConvertEvents events;
  events.bad = [&](const std::string& name, const std::string& reason) {
    args.say(cat(name, ": ", reason));
  };
  const std::string path = args.text("output", "-");
  std::unique_ptr<io::Output> output;
  std::unique_ptr<io::DatasetWriter> writer;
  if (path.ends_with(".npy")) {
    int64_t count = int64_t(pictures->count());
    if (options.max_images > 0) count = std::min(count, options.max_images);
    if (options.skip_bad) {  // the array's header states how many come
      const io::ConvertResult look = io::convert(*pictures, options, nullptr, events);
      options.known_bad = look.bad;
      count = look.count;
    }
    output = std::make_unique<io::Output>(path);
    const std::string labels = std::filesystem::path(path).replace_extension(".json").string();
    writer = io::make_array_writer(*output, labels, count);
  } else {
    output = std::make_unique<io::Output>(path);
    writer = io::make_zip_writer(*output);
  }
  events.progress = [&](int64_t count) { progress.add(count); };
  io::ConvertResult result = io::convert(*pictures, options, writer.get(), events);
  result.bad.insert(options.known_bad.begin(), options.known_bad.end());
  if (!result.bad.empty() && !options.skip_bad) {
    fail(counted(int64_t(result.bad.size()), "picture"),
         " cannot be used (above); nothing was written; --skip-bad leaves them out");
  }
  output->finish();
  writer->publish();
  for (size_t i = 0; i < result.class_names.size(); ++i)
    args.info("class ", i, ": ", result.class_names[i]);
  if (result.enlarged > 0) args.warn(counted(result.enlarged, "picture"), " enlarged");
  args.warn(output->name(), ": ", summary(result));
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
