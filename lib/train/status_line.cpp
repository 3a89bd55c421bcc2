#include "lib/train/status_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

// "1h 02m", "2m 10s", "7s"
std::string duration(double s) {
  const auto whole = int64_t(std::llround(std::max(s, 0.0)));
  char text[48];
  if (whole >= 86400) {
    std::snprintf(text, sizeof text, "%lldd %02lldh", (long long)(whole / 86400),
                  (long long)(whole / 3600 % 24));
  } else if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lldh %02lldm", (long long)(whole / 3600),
                  (long long)(whole / 60 % 60));
  } else if (whole >= 60) {
    std::snprintf(text, sizeof text, "%lldm %02llds", (long long)(whole / 60),
                  (long long)(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%llds", (long long)whole);
  }
  return text;
}

}  // namespace

std::string StatusLine::text(const Summary& summary) const {
  char text[256];
  std::snprintf(text, sizeof text,
                "tick %-5lld kimg %-8.1f time %-10s s/kimg %-8.2f ETA %-9s mem %-5.2f GiB "
                "augment %.3f",
                (long long)tick, kimg, duration(seconds).c_str(), seconds_per_kimg,
                duration(seconds_left).c_str(), memory_gib, augment_p);
  std::string line = text;
  const auto mean = [&](const char* name, const char* label) {
    const auto found = summary.find(name);
    if (found == summary.end() || found->second.num == 0) return;
    std::snprintf(text, sizeof text, "  %s %.3f", label, found->second.mean);
    line += text;
  };
  mean("Loss/G/loss", "G");
  mean("Loss/D/loss", "D");
  mean("Loss/signs/real", "r_t");
  if (not_finite > 0) line += cat("  not finite: ", not_finite);
  return line;
}

}  // namespace sgan::train
