// Notices that a rank is gone: a thread in every process holds a TCP connection between rank 0 and
// each of the others. The system closes it when a process dies, however it dies; a machine that
// vanishes, or a process that is stopped, is noticed by its silence.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sgan::dist {

class Watchdog {
 public:
  // `on_loss` is called by the thread when lost() has been set for `grace` seconds and nobody has
  // taken notice. A rank that is silent for `timeout` seconds is lost.
  Watchdog(int rank, int size, double timeout, std::function<void(const std::string&)> on_loss,
           double grace = 0.2);
  ~Watchdog();  // without goodbye() the others see this rank as gone
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Rank 0 begins to listen and returns where, for the others to connect() to. Throw Error.
  std::string listen();
  void connect(const std::string& address);

  void reached(int64_t exchange) { reached_ = exchange; }  // of this rank, told with each beat
  // Empty, or one line that names the rank that is gone. Taking notice of it.
  std::string lost();
  // On rank 0: the ranks that have not reached the exchange, e.g. "rank 1, rank 3".
  std::string behind(int64_t exchange);
  void goodbye() { leaving_ = true; }             // this rank is about to end as it should
  void call_on_loss(std::function<void()> also);  // by the thread, after the grace, in any case

 private:
  struct Peer {
    int fd = -1;
    int rank = -1;  // unknown until it has said hello
    double heard = 0;
    int64_t reached = 0;
    bool left = false;
    std::string received;
  };
  void begin();
  void run();
  void accept_one();
  void read_from(Peer& peer);
  void take(Peer& peer, const char* frame);
  void beat();
  void check_silence();
  void handle_loss();
  void lose(int rank, const std::string& how);
  void announce(int kind, int rank, int64_t value);

  const int rank_, size_;
  const double timeout_, grace_;
  const std::function<void(const std::string&)> on_loss_;
  std::function<void()> also_;
  std::string token_;
  int listener_ = -1, wake_[2] = {-1, -1};
  std::vector<Peer> peers_;  // of the thread
  double started_ = 0, next_beat_ = 0, lost_at_ = 0;
  std::atomic<int64_t> reached_{0};
  std::atomic<bool> ending_{false}, leaving_{false}, noticed_{false};
  std::mutex mutex_;
  std::string lost_;               // under the mutex
  std::vector<int64_t> progress_;  // under the mutex; rank 0
  std::thread thread_;
};

}  // namespace sgan::dist
