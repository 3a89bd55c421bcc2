// Says what a file is.
#include <nlohmann/json.hpp>
#include <sstream>

#include "cmd/describe.hpp"
#include "lib/io/output.hpp"

namespace {

using namespace sgan;
using Json = nlohmann::ordered_json;

const cli::Program kProgram = {
    .name = "sgan-info",
    .synopsis = "[FILE]...",
    .description =
        "Says what the FILEs, or stdin, are: models, feature networks, latents or pictures in\n"
        "streams, data sets, saved training runs, saved measurements.",
    .options = {{"json", "", "one JSON object a file, one line each"},
                {"tensors", "", "list the tensors of a model or a saved run"},
                {"hash", "", "compute a model's hash instead of believing its header"}},
    .examples =
        "  sgan-info model.sgan\n"
        "  sgan-info --json *.sgan | jq .resolution\n"
        "  sgan-z -n 4 | sgan-map | sgan-info\n"
        "  sgan-info photos-256.zip runs/00000-*/training-state.sgan\n"
        "  sgan-info --json ppl.part | jq '[.done, .samples]'",
    .see_also =
        "sgan-data(1), sgan-import(1), sgan-ppl(1), sgan-train(1), sgan-model(5), sgan-stream(5), "
        "sgan(7)",
    .max_files = 1 << 20,
};

// An object as indented lines: name, then value; objects inside go one step further in.
void print_text(std::ostream& out, const Json& object, const std::string& indent) {
  for (const auto& [name, value] : object.items()) {
    const std::string pad(name.size() < 14 ? 14 - name.size() : 1, ' ');
    if (value.is_object() && !value.empty()) {
      const bool leaf = value.size() == 1 && value.contains("parameters");
      out << indent << name;
      if (leaf) out << pad << value["parameters"] << " parameters";
      out << '\n';
      if (!leaf) print_text(out, value, indent + "  ");
    } else {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      out << indent << name << pad << cli::one_line(text) << '\n';
    }
  }
}

void body(cli::Args& args) {
  io::Output output("-", false);
  int bad = 0;
  const auto files = args.files().empty() ? std::vector<std::string>{"-"} : args.files();
  for (const std::string& path : files) {
    try {
      const Json object = cli::describe(args, path);
      std::ostringstream text;
      if (args.has("json")) {
        // A file's name need not be UTF-8.
        text << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      } else {
        print_text(text, object, "");
      }
      output.write(text.str());
    } catch (const io::PipeClosed&) {
      throw;
    } catch (const Error& error) {  // said, and the other files are still looked at
      args.say(error.what());
      ++bad;
    }
  }
  output.finish();
  if (bad > 0) throw cli::Reported();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
