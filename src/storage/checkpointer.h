// Copies SQLite's write-ahead log into the database file beside the writers instead of in their commits.
//
// SQLite checkpoints in the commit that makes the log long enough: tens of megabytes are written and synced while a
// start waits. Here a thread with a connection of its own copies while writers go on appending, and only the short rest
// is copied while nobody writes, so that the log begins anew and stays small.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace ta::storage {

class Checkpointer {
 public:
  // Runs its argument while no write transaction is open and none begins.
  using Alone = std::function<void(const std::function<void()>&)>;

  Checkpointer(std::string file, Alone alone);
  ~Checkpointer();  // waits for a copy that is under way

  // After a commit: the log is `pages` long now. Cheap, from any thread.
  void log_is(int pages);

 private:
  void loop();
  void checkpoint();

  std::string file_;
  Alone alone_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool due_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace ta::storage
