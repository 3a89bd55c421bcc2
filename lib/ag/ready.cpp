#include "lib/ag/ready.hpp"

#include <utility>

namespace sgan::ag {
namespace {

thread_local const OnReady::Ready* now = nullptr;

}  // namespace

OnReady::OnReady(Ready ready) : ready_(std::move(ready)), before_(std::exchange(now, &ready_)) {}
OnReady::~OnReady() { now = before_; }
const OnReady::Ready* OnReady::current() { return now; }

}  // namespace sgan::ag
