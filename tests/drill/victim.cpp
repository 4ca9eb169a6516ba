#include "drill/victim.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace ta::drill {

Victim::Victim(const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<char*> argv;
  std::string name = "ta_drill_test";
  argv.push_back(name.data());
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  const int error = posix_spawn(&pid_, "/proc/self/exe", &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(ends[1]);
  ready_ = ends[0];
  if (error != 0) throw std::runtime_error("the drilled process cannot be started");
}

Victim::Victim(Victim&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), ready_(std::exchange(other.ready_, -1)) {}

Victim& Victim::operator=(Victim&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ready_, other.ready_);
  return *this;
}

Victim::~Victim() {
  if (pid_) {
    send(SIGKILL);
    wait();
  }
  if (ready_ >= 0) close(ready_);
}

void Victim::wait_until_ready() const {
  pollfd fd{ready_, POLLIN, 0};
  poll(&fd, 1, 30'000);
}

int Victim::wait() {
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  return status;
}

}  // namespace ta::drill
