// Preloaded into a program: from its fourth reading on the wall clock is 400 days behind.
#include <dlfcn.h>
#include <time.h>

#include <atomic>

extern "C" int clock_gettime(clockid_t id, timespec* t) noexcept {
  using Read = int (*)(clockid_t, timespec*);
  static const auto read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "clock_gettime"));
  static std::atomic<int> readings{0};
  const int result = read(id, t);
  if (id == CLOCK_REALTIME && ++readings > 3) t->tv_sec -= 400 * 86400;
  return result;
}
