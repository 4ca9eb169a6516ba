#include "storage/checkpointer.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "base/log.h"

namespace ta::storage {
namespace {

constexpr int kDuePages = 4'000;  // 16 MB
constexpr int kShortPages = 500;  // a rest that a writer may wait for: milliseconds
constexpr int kRoundsMax = 5;     // then the rest is copied whatever its length
constexpr std::chrono::seconds kPauseAfterFailure{1};

// How many pages of the log are in the database file after this call; writers may append meanwhile.
int copy(SQLite::Database& database) {
  int log = 0, copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(database.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log, &copied);
  if (code == SQLITE_BUSY) return 0;  // another process is at it
  if (code != SQLITE_OK) throw SQLite::Exception(database.getHandle(), code);
  return copied;
}

}  // namespace

Checkpointer::Checkpointer(std::string file, Alone alone) : file_(std::move(file)), alone_(std::move(alone)) {
  thread_ = std::thread([this] { loop(); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Checkpointer::log_is(int pages) {
  if (pages < kDuePages) return;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(due_, true)) return;
  }
  changed_.notify_all();
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || due_; });
    if (stopping_) return;
    lock.unlock();
    bool failed = false;
    try {
      checkpoint();
    } catch (const std::exception& error) {
      failed = true;
      log::warn("storage.checkpoint_failed", {{"error", error.what()}});
    }
    lock.lock();
    due_ = false;  // what was committed meanwhile says so with the next commit
    if (failed) changed_.wait_for(lock, kPauseAfterFailure, [this] { return stopping_; });
  }
}

void Checkpointer::checkpoint() {
  SQLite::Database database(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX);
  database.exec("SELECT 1 FROM sqlite_schema LIMIT 1");  // only with the first read does it learn that there is a log
  int copied = 0;
  for (int round = 0; round < kRoundsMax; ++round) {
    const int before = std::exchange(copied, copy(database));
    if (copied - before <= kShortPages) break;
  }
  alone_([&] { copy(database); });  // then the next writer begins the log anew
}

}  // namespace ta::storage
