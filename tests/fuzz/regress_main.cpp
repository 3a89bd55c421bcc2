// Runs a fuzz target over its kept corpus, and over each input cut and damaged in a few fixed ways,
// so that finds stay fixed where there is no libFuzzer. A crash or an abort is the failure.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

// From an exact allocation, so that sanitizers see a read beyond the end.
void run(const std::string& bytes) {
  const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0, runs = 0;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      std::ifstream file(path, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      run(bytes);
      ++files;
      ++runs;
      for (int part = 0; part < 20; ++part, runs += 3) {
        const size_t at = bytes.size() * size_t(part) / 20;
        run(bytes.substr(0, at));
        std::string damaged = bytes;
        if (at < damaged.size()) damaged[at] = char(damaged[at] ^ (1 << part % 8));
        run(damaged);
        if (at < damaged.size()) damaged[at] = char(0xff);
        run(damaged);
      }
    }
  }
  std::printf("%zu inputs, %zu runs\n", files, runs);
  return files > 0 ? 0 : 1;
}
