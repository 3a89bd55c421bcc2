// Where the time of a pass goes: while one lives, ops on this thread are timed and their work is
// counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sgan::ag {

struct Work {
  double flops = 0;  // multiplications and additions of the definition, whatever the method
  double bytes = 0;  // inputs read once and results written once
};

class Profile {
 public:
  struct Row {
    int64_t calls = 0;
    double seconds = 0;
    Work work;
  };

  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  const std::map<std::string, Row>& rows() const { return rows_; }  // by op name
  void add(const std::string& op, double seconds, const Work& work);

  static Profile* current();  // null when none lives on this thread

 private:
  std::map<std::string, Row> rows_;
  Profile* before_;
};

}  // namespace sgan::ag
