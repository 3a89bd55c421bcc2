#include "lib/ag/profile.hpp"

namespace sgan::ag {
namespace {
thread_local Profile* active = nullptr;
}

Profile::Profile() : before_(active) { active = this; }
Profile::~Profile() { active = before_; }
Profile* Profile::current() { return active; }

void Profile::add(const std::string& op, double seconds, const Work& work) {
  Row& row = rows_[op];
  ++row.calls;
  row.seconds += seconds;
  row.work.flops += work.flops;
  row.work.bytes += work.bytes;
}

}  // namespace sgan::ag
