#include "lib/dist/watchdog.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <sstream>

#include "lib/rt/error.hpp"

namespace sgan::dist {
namespace {

// Frames of 32 bytes: a kind, a rank, a value, and the token that strangers do not know.
enum Kind : int32_t { hello = 1, alive = 2, gone = 3, bye = 4 };
constexpr size_t kToken = 16, kFrame = 16 + kToken;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string frame(const std::string& token, int32_t kind, int32_t rank, int64_t value) {
  std::string bytes(kFrame, 0);
  std::memcpy(bytes.data(), &kind, 4);
  std::memcpy(bytes.data() + 4, &rank, 4);
  std::memcpy(bytes.data() + 8, &value, 8);
  std::memcpy(bytes.data() + 16, token.data(), kToken);
  return bytes;
}

// Small frames on a connection that carries little else: either they fit, or the peer is gone.
void send_to(int fd, const std::string& bytes) {
  (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[uint8_t(c) >> 4];
    text += "0123456789abcdef"[c & 15];
  }
  return text;
}

// This machine's addresses; the loopback last, for ranks on the same machine.
std::vector<std::string> addresses() {
  std::vector<std::string> found;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) == 0) {
    for (const ifaddrs* i = all; i; i = i->ifa_next) {
      if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET) continue;
      sockaddr_in address{};
      std::memcpy(&address, i->ifa_addr, sizeof address);
      char text[INET_ADDRSTRLEN] = "";
      inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
      if (std::strncmp(text, "127.", 4) != 0) found.emplace_back(text);
    }
    freeifaddrs(all);
  }
  found.emplace_back("127.0.0.1");
  return found;
}

int connect_to(const std::string& host, int port, double timeout) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (errno == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    if (::poll(&wait, 1, int(timeout * 1000)) == 1 &&
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
      return fd;
    }
  }
  close_fd(fd);
  return -1;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Watchdog::Watchdog(int rank, int size, double timeout,
                   std::function<void(const std::string&)> on_loss, double grace)
    : rank_(rank),
      size_(size),
      timeout_(timeout),
      grace_(grace),
      on_loss_(std::move(on_loss)),
      progress_(size_t(size), 0) {
  const bool made = ::pipe2(wake_, O_CLOEXEC | O_NONBLOCK) == 0;
  check(made, "cannot create a pipe: ", std::strerror(errno));
}

Watchdog::~Watchdog() {
  ending_ = true;
  (void)!::write(wake_[1], "x", 1);
  if (thread_.joinable()) thread_.join();
  for (Peer& peer : peers_) close_fd(peer.fd);
  close_fd(listener_);
  close_fd(wake_[0]);
  close_fd(wake_[1]);
}

std::string Watchdog::listen() {
  token_.resize(kToken);
  const bool random = ::getrandom(token_.data(), kToken, 0) == ssize_t(kToken);
  check(random, "no random numbers: ", std::strerror(errno));
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  socklen_t length = sizeof any;
  const bool listens = listener_ >= 0 &&
                       ::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0 &&
                       ::listen(listener_, std::min(size_, 4096)) == 0 &&
                       ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &length) == 0;
  check(listens, "rank 0 cannot listen for the other ranks: ", std::strerror(errno));
  std::string address = cat(hex(token_), " ", ntohs(any.sin_port));
  for (const std::string& host : addresses()) address += " " + host;
  begin();
  return address;
}

void Watchdog::connect(const std::string& address) {
  std::istringstream words(address);
  std::string token, host, hosts;
  int port = 0;
  words >> token >> port;
  check(token.size() == 2 * kToken && port > 0, "rank ", rank_, ": no address of rank 0");
  for (size_t i = 0; i < kToken; ++i) {
    token_ += char(std::stoi(token.substr(2 * i, 2), nullptr, 16));
  }
  Peer first;
  while (first.fd < 0 && words >> host) {
    first.fd = connect_to(host, port, std::min(5.0, timeout_));
    hosts += (hosts.empty() ? "" : ", ") + host;
  }
  check(first.fd >= 0, "rank ", rank_, " cannot reach rank 0 at port ", port, " of ", hosts,
        "; a firewall between the machines must let them connect");
  no_delay(first.fd);
  first.rank = 0;
  send_to(first.fd, frame(token_, hello, rank_, 0));
  peers_.push_back(first);
  begin();
}

void Watchdog::begin() {
  started_ = seconds();
  for (Peer& peer : peers_) peer.heard = started_;
  // Signals are for the program's own thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::string Watchdog::lost() {
  std::lock_guard lock(mutex_);
  if (!lost_.empty()) noticed_ = true;
  return lost_;
}

std::string Watchdog::behind(int64_t exchange) {
  std::lock_guard lock(mutex_);
  std::string names;
  for (int rank = 1; rank < size_; ++rank) {
    if (progress_[size_t(rank)] < exchange) names += cat(names.empty() ? "rank " : ", rank ", rank);
  }
  return names;
}

void Watchdog::call_on_loss(std::function<void()> also) {
  std::lock_guard lock(mutex_);
  also_ = std::move(also);
}

void Watchdog::run() {
  const double interval = std::min(1.0, timeout_ / 4);
  bool handled = false;
  while (!ending_) {
    std::vector<pollfd> waiting{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Peer& peer : peers_) waiting.push_back({peer.fd, POLLIN, 0});  // fd -1 is skipped
    const double until =
        lost_at_ > 0 && !handled ? std::min(next_beat_, lost_at_ + grace_) : next_beat_;
    const int wait = std::clamp(int((until - seconds()) * 1000) + 1, 0, 1000);
    if (::poll(waiting.data(), waiting.size(), wait) < 0 && errno != EINTR) return;
    if (ending_) break;
    for (size_t i = 0; i + 2 < waiting.size(); ++i) {
      if (waiting[i + 2].revents) read_from(peers_[i]);
    }
    std::erase_if(peers_, [](const Peer& peer) { return peer.fd < 0 && peer.rank < 0; });
    if (waiting[1].revents) accept_one();
    if (seconds() >= next_beat_) {
      next_beat_ = seconds() + interval;
      announce(alive, rank_, reached_);
      check_silence();
    }
    if (lost_at_ > 0 && !handled && seconds() >= lost_at_ + grace_) {
      handled = true;
      handle_loss();
    }
  }
  if (leaving_) announce(bye, rank_, 0);
}

void Watchdog::handle_loss() {
  std::string message;
  std::function<void()> also;
  {
    std::lock_guard lock(mutex_);
    message = lost_;
    also = also_;
  }
  if (!noticed_ && on_loss_) on_loss_(message);
  if (also) also();
}

void Watchdog::accept_one() {
  Peer peer;
  peer.fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (peer.fd < 0) return;
  no_delay(peer.fd);
  peer.heard = seconds();
  peers_.push_back(peer);
}

void Watchdog::read_from(Peer& peer) {
  char buffer[4096];
  const ssize_t got = ::recv(peer.fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close_fd(peer.fd);
    if (peer.rank >= 0 && !peer.left) lose(peer.rank, "it has ended or was killed");
    return;
  }
  peer.heard = seconds();
  peer.received.append(buffer, size_t(got));
  while (peer.fd >= 0 && peer.received.size() >= kFrame) {
    const std::string one = peer.received.substr(0, kFrame);
    peer.received.erase(0, kFrame);
    take(peer, one.data());
  }
}

void Watchdog::take(Peer& peer, const char* frame) {
  int32_t kind, rank;
  int64_t value;
  std::memcpy(&kind, frame, 4);
  std::memcpy(&rank, frame + 4, 4);
  std::memcpy(&value, frame + 8, 8);
  const bool ours = std::memcmp(frame + 16, token_.data(), kToken) == 0;
  if (!ours || rank < 0 || rank >= size_) return close_fd(peer.fd);  // a stranger
  if (kind == hello && peer.rank < 0) {
    peer.rank = rank;
  } else if (peer.rank < 0) {
    close_fd(peer.fd);
  } else if (kind == alive) {
    peer.reached = value;
    std::lock_guard lock(mutex_);
    progress_[size_t(peer.rank)] = value;
  } else if (kind == gone) {
    lose(rank, "it has ended or was killed");
  } else if (kind == bye) {
    peer.left = true;
  }
}

void Watchdog::announce(int kind, int rank, int64_t value) {
  const std::string bytes = frame(token_, kind, rank, value);
  for (const Peer& peer : peers_) {
    if (peer.fd >= 0 && peer.rank >= 0 && !peer.left) send_to(peer.fd, bytes);
  }
}

void Watchdog::check_silence() {
  const double now = seconds();
  for (Peer& peer : peers_) {
    if (peer.fd < 0 || peer.left || now - peer.heard < timeout_) continue;
    if (peer.rank >= 0) {
      lose(peer.rank, cat("nothing has been heard of it for ", timeout_, " s"));
    }
    close_fd(peer.fd);
  }
  if (rank_ != 0 || now - started_ < timeout_) return;
  std::vector<bool> known(size_t(size_), false);
  for (const Peer& peer : peers_) {
    if (peer.rank > 0) known[size_t(peer.rank)] = true;
  }
  for (int rank = 1; rank < size_; ++rank) {
    if (!known[size_t(rank)]) return lose(rank, "it has not connected");
  }
}

void Watchdog::lose(int rank, const std::string& how) {
  {
    std::lock_guard lock(mutex_);
    if (!lost_.empty() || rank == rank_ || leaving_) return;  // the first is the cause of others
  }
  // The others hear of it before this process can notice and end: they would name this one.
  if (rank_ == 0) announce(gone, rank, 0);
  {
    std::lock_guard lock(mutex_);
    lost_ = cat("rank ", rank, " of ", size_, " is gone (", how, "); rank ", rank_, " stops");
  }
  lost_at_ = seconds();
}

}  // namespace sgan::dist
