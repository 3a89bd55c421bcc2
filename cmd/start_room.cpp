// Under a limit of address space (ulimit -v) that leaves next to nothing, libraries that are loaded
// before main() crash: the CUDA runtime registers kernels without asking whether it got its memory.
// So that is looked at before any of them begins. Nothing but system calls works here.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "cmd/cli.hpp"

namespace {

// What the libraries take until main() has begun and can say that memory is out, with some to
// spare; measured: 0.6 MiB.
constexpr unsigned long kBegins = 4ul << 20;

unsigned long address_space_in_use() {
  char text[64] = "";
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  unsigned long pages = 0;
  for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9'; ++i) {
    pages = 10 * pages + static_cast<unsigned long>(text[i] - '0');
  }
  return pages * static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
}

void say(const char* text) { (void)!write(STDERR_FILENO, text, std::strlen(text)); }

void check_room(int, char** argv, char**) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  if (limit.rlim_cur >= address_space_in_use() + kBegins) return;
  const char* slash = std::strrchr(argv[0], '/');
  say(slash ? slash + 1 : argv[0]);
  say(": out of memory before it begins: the limit of address space (ulimit -v) is too low\n");
  _exit(sgan::cli::kFailed);
}

// Runs before the initialisation of every library.
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_all)(int, char**,
                                                                       char**) = check_room;

}  // namespace
