// parity FILE-OR-DIR...: rebuilds every case of the golden files and compares the results.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "lib/io/safetensors.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

namespace fs = std::filesystem;

constexpr char usage[] =
    "usage: parity [--float64] [--device cpu|cuda] [-v] FILE-OR-DIR...\n"
    "Rebuilds the cases of golden files and prints the largest relative error of each.\n"
    "  --float64   compute in double precision, with the tolerances for that\n"
    "  --device D  where to compute\n"
    "  -v          print every result, not only failures\n"
    "Exit status: 0 nothing failed, 1 something failed, 2 misuse.\n";

std::string kind_of_json(const std::string& stem, const json& document) {
  if (document.contains("golden.kind")) return document["golden.kind"];
  if (document.contains("draws")) return "numpy_seeds";
  if (document.is_object() && !document.empty() && document.begin()->is_object()) {
    if (document.begin()->contains("G_blocks")) return "sg2_layers";
    if (document.begin()->contains("layers")) return "sg3_layers";
  }
  return stem;
}

}  // namespace

Golden open_golden(const std::filesystem::path& path) {
  Golden g;
  g.path = path.string();
  g.directory = path.parent_path().string();
  if (path.extension() == ".json") {
    std::ifstream in(path);
    g.document = json::parse(in);
    g.kind = kind_of_json(path.stem().string(), g.document);
    return g;
  }
  const io::SafetensorsFile file(g.path);
  g.tensors = file.read_all();
  for (const auto& [key, value] : file.metadata()) g.metadata[key] = value;
  g.kind = g.text("golden.kind");
  return g;
}

namespace {

// Beside the cases lie the files that they are about (pickles, checkpoints), and texts.
bool is_case(const fs::path& path) {
  return path.extension() == ".safetensors" || path.extension() == ".json";
}

bool is_companion(const fs::path& path) {
  fs::path text = path, tensors = path;
  return !is_case(path) &&
         (path.extension() == ".md" || fs::exists(tensors.replace_extension(".safetensors")) ||
          fs::exists(text.replace_extension(".json")));
}

std::vector<fs::path> collect(const std::vector<std::string>& arguments) {
  std::vector<fs::path> files;
  for (const std::string& a : arguments) {
    if (!fs::is_directory(a)) {
      files.emplace_back(a);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(a)) {
      if (is_case(entry.path())) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

int run(int argc, char** argv) {
  Setting setting;
  bool verbose = false;
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (a == "--float64") {
      setting.type = rt::DType::f64;
    } else if (a == "-v") {
      verbose = true;
    } else if (a == "--device" && i + 1 < argc) {
      setting.device = rt::parse_device(argv[++i]);
    } else if (a == "--help") {
      std::fputs(usage, stdout);
      return 0;
    } else if (a.starts_with("-")) {
      std::fprintf(stderr, "parity: unknown option %s\n%s", a.c_str(), usage);
      return 2;
    } else {
      arguments.push_back(a);
    }
  }
  if (arguments.empty()) {
    std::fputs(usage, stderr);
    return 2;
  }
  int passed = 0, failed = 0, skipped = 0;
  for (const fs::path& path : collect(arguments)) {
    const std::string name = path.filename().string();
    if (is_companion(path)) {
      std::printf("skip %-40s no case itself\n", name.c_str());
      ++skipped;
      continue;
    }
    Report report(setting, verbose);
    try {
      const Golden golden = open_golden(path);
      const Handler handler = handler_for(golden.kind);
      if (!handler) {
        const bool known = is_known_kind(golden.kind);
        std::printf("skip %-40s kind %s%s\n", name.c_str(), golden.kind.c_str(),
                    known ? ": training or metrics" : ": unknown here");
        ++skipped;
        continue;
      }
      const auto start = std::chrono::steady_clock::now();
      handler(golden, report);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      std::printf("%s %-40s %4d results, worst error %.1e, %.1f s\n",
                  report.failed() ? "FAIL" : "ok  ", name.c_str(),
                  report.passed() + report.failed(), report.worst(), took.count());
    } catch (const std::exception& e) {
      report.check(name, false, e.what());
    }
    std::fflush(stdout);
    passed += report.passed();
    failed += report.failed();
  }
  std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace sgan::parity

int main(int argc, char** argv) {
  try {
    return sgan::parity::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "parity: %s\n", e.what());
    return 2;
  }
}
