// dataset.json for two pictures; what is understood is written and understood again.
#include "fuzz.hpp"
#include "lib/io/dataset/labels.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::survive([&] {
    const std::vector<std::string> names = {"00000/img00000000.png", "a.png"};
    const io::LabelTable table =
        io::parse_labels(std::string(fuzz::text(data, size)), names, "fuzz");
    if (table.dim == 0) return;
    std::vector<float> row(size_t(table.dim)), same(size_t(table.dim));
    const std::string text = cat("{\"labels\": [[\"", names[1], "\", ", table.text(1), "], [\"",
                                 names[0], "\", ", table.text(0), "]]}");
    const io::LabelTable again = io::parse_labels(text, names, "again");
    fuzz::require(again.dim == table.dim && again.classes == table.classes);
    for (size_t i = 0; i < names.size(); ++i) {
      table.row(i, row.data());
      again.row(i, same.data());
      fuzz::require(row == same);
    }
  });
  return 0;
}
