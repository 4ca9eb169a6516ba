// A process of the drill's own program, and how it is ended.
#pragma once
#include <signal.h>

#include <string>
#include <vector>

namespace ta::drill {

class Victim {
 public:
  // Starts this program with these arguments. Throws when it cannot.
  explicit Victim(const std::vector<std::string>& arguments);
  Victim(Victim&& other) noexcept;
  Victim& operator=(Victim&& other) noexcept;
  ~Victim();  // killed, where it still lives

  // Until it says on its standard output that it is ready; half a minute at most.
  void wait_until_ready() const;
  void send(int signal) const { ::kill(pid_, signal); }
  // Waits for its end; returns what waitpid() says of it.
  int wait();

 private:
  pid_t pid_ = 0;
  int ready_ = -1;
};

}  // namespace ta::drill
