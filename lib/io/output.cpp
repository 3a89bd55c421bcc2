#include "lib/io/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sgan::io {
namespace {

// Names that a signal handler can remove: fixed memory, a flag a slot.
struct Slot {
  std::atomic<int> state{0};  // 0 free, 1 being filled, 2 to be removed
  char path[PATH_MAX];
};
constexpr int kSlots = 64;
Slot slots[kSlots];

// What ends a process and can be caught, faults of its own included. SIGPIPE and SIGXFSZ are errors
// of the write here.
constexpr int kFatal[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGXCPU, SIGALRM, SIGBUS,
                          SIGSEGV, SIGABRT, SIGFPE,  SIGILL,  SIGUSR1, SIGUSR2, SIGVTALRM,
                          SIGPROF, SIGSYS,  SIGTRAP, SIGIO,   SIGPWR};

extern "C" void remove_and_die(int signal) {
  const int error = errno;
  remove_pending_files();
  std::signal(signal, SIG_DFL);
  std::raise(signal);  // delivered when the handler returns
  errno = error;
}

// Programs that handle a signal themselves keep their handler; so does `nohup` its ignored SIGHUP.
void handle_signals_once() {
  static const bool done = [] {
    for (const int signal : kFatal) {
      struct sigaction now {};
      if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
      remove_pending_files_on(signal);
    }
    return true;
  }();
  (void)done;
}

int remember(const std::string& path) {
  if (path.size() >= PATH_MAX) return -1;
  for (int i = 0; i < kSlots; ++i) {
    int free = 0;
    if (!slots[i].state.compare_exchange_strong(free, 1)) continue;
    std::memcpy(slots[i].path, path.c_str(), path.size() + 1);
    slots[i].state.store(2);
    return i;
  }
  return -1;  // more than 64 at once: still removed by the destructor
}

void forget(int slot) {
  if (slot >= 0) slots[slot].state.store(0);
}

// Follows symbolic links, so that a link's target is made or replaced; other paths stay as they
// are.
// Whether `end`, the end of the links from `path`, is what the system finds there. It is not where
// /proc says what the name of an open file was.
bool same_file(const std::string& path, const std::filesystem::path& end) {
  struct stat given {
  }, found{};
  if (::stat(path.c_str(), &given) != 0) return true;
  return ::stat(end.c_str(), &found) == 0 && given.st_dev == found.st_dev &&
         given.st_ino == found.st_ino;
}

std::string resolve(const std::string& path) {
  std::filesystem::path at = path;
  for (int links = 0; links < 40; ++links) {  // as many as the system follows
    std::error_code is_none;
    const auto target = std::filesystem::read_symlink(at, is_none);
    if (is_none) return same_file(path, at) ? at.string() : path;
    at = at.parent_path() / target;  // which an absolute one replaces
  }
  fail(path, ": cannot create: ", std::strerror(ELOOP));
}

mode_t default_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

void remove_pending_files() noexcept {
  for (Slot& slot : slots) {
    if (slot.state.load() == 2) ::unlink(slot.path);
  }
}

void remove_pending_files_on(int signal) {
  struct sigaction ours {};
  ours.sa_handler = remove_and_die;
  sigemptyset(&ours.sa_mask);
  sigaction(signal, &ours, nullptr);
}

PendingFile::PendingFile(const std::string& path) : path_(resolve(path)) {
  handle_signals_once();
  const size_t slash = path_.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path_.substr(0, slash + 1);
  const std::string base = path_.substr(directory.size());
  const size_t dot = base.rfind('.');
  std::string extension = dot == std::string::npos || dot == 0 ? "" : base.substr(dot);
  if (extension.size() > 16) extension.clear();
  check(!base.empty(), path, ": is a directory");
  struct stat old {};
  const bool exists = ::stat(path_.c_str(), &old) == 0;
  // The temporary name is cut, so that this one would be refused when everything is written.
  if (!exists && errno == ENAMETOOLONG) fail(path, ": cannot create: ", std::strerror(errno));
  check(!exists || !S_ISDIR(old.st_mode), path, ": is a directory");
  if (exists && ::access(path_.c_str(), W_OK) != 0) {
    fail(path, ": cannot write: ", std::strerror(errno));
  }
  // Signals wait until the name is known to the handler.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  temporary_ = directory + "." + base.substr(0, 200) + ".XXXXXX" + extension;
  fd_ = mkostemps(temporary_.data(), int(extension.size()), O_CLOEXEC);
  const int error = errno;
  if (fd_ >= 0) slot_ = remember(temporary_);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (fd_ < 0) fail(path, ": cannot create: ", std::strerror(error));
  (void)::fchmod(fd_, exists ? old.st_mode & 07777 : default_mode());
}

PendingFile::~PendingFile() { discard(); }

void PendingFile::discard() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  forget(slot_);
  slot_ = -1;
  temporary_.clear();
}

void PendingFile::commit(bool sync) {
  const auto failed = [&] {
    const int error = errno;
    discard();
    fail(path_, ": cannot write: ", std::strerror(error));
  };
  if (sync && ::fsync(fd_) != 0 && errno != EINVAL) failed();
  const int fd = fd_;
  fd_ = -1;
  if (::close(fd) != 0) failed();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) failed();
  forget(slot_);
  slot_ = -1;
  temporary_.clear();
}

Output::Output(const std::string& path, bool binary) : name_(path) {
  standard_ = path.empty() || path == "-";
  // A reader that goes away gives EPIPE, which unwinds and removes files, instead of a signal.
  struct sigaction now {};
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
  if (standard_) {
    name_ = "stdout";
    fd_ = STDOUT_FILENO;
    check(!binary || !isatty(fd_),
          "stdout is a terminal, and binary data would spoil it; use -o FILE, > FILE or a pipe");
    check(::fcntl(fd_, F_GETFD) >= 0, "stdout is closed");
    return;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) fail(path, ": cannot open: ", std::strerror(errno));
    if (binary && isatty(fd_)) {
      ::close(fd_);
      fail(path, " is a terminal, and binary data would spoil it; name a file");
    }
    return;
  }
  pending_ = std::make_unique<PendingFile>(path);
  fd_ = pending_->fd();
}

Output::~Output() {
  if (!pending_ && !standard_ && fd_ >= 0) ::close(fd_);
}

void Output::failed(int error) const {
  if (error == EPIPE) throw PipeClosed(cat(name_, ": its reader has gone"));
  fail(name_, ": cannot write: ", std::strerror(error));
}

void Output::write_fd(const char* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t put = ::write(fd_, data, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {  // somebody else made it non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (put < 0) failed(errno);
    data += put;
    bytes -= size_t(put);
  }
}

void Output::write(const void* data, size_t bytes) {
  constexpr size_t kKeep = size_t{1} << 16;
  if (buffer_.size() + bytes > kKeep) flush();
  if (bytes >= kKeep) return write_fd(static_cast<const char*>(data), bytes);
  buffer_.append(static_cast<const char*>(data), bytes);
}

void Output::flush() {
  write_fd(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void Output::finish() {
  flush();
  if (pending_) {
    pending_->commit();
    pending_.reset();
    fd_ = -1;
    return;
  }
  const int fd = std::exchange(fd_, -1);
  if (fd < 0) return;
  const bool closed = ::close(fd) == 0;
  const int error = errno;
  if (standard_) {  // so that no file opened later becomes stdout
    const int null = ::open("/dev/null", O_WRONLY);
    if (null >= 0 && null != STDOUT_FILENO) {
      ::dup2(null, STDOUT_FILENO);
      ::close(null);
    }
  }
  if (!closed) failed(error);
}

}  // namespace sgan::io
