// PostgreSQL: a bounded pool of connections, and one thread per listener.
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secrets.h"
#include "storage/postgres_connection.h"
#include "storage/snapshot.h"
#include "storage/usage.h"

namespace ta::storage {
namespace {

std::string without_password(std::string_view url) {
  const std::size_t start = url.find("://") + 3;
  const std::size_t at = url.find('@', start);
  const std::size_t colon = url.find(':', start);
  std::string shown(url.substr(0, url.find('?')));
  if (at != url.npos && colon < at) shown.erase(colon, at - colon);
  return shown;
}

// A connection of its own that listens on one channel; reconnects for as long as it lives.
class Listener {
 public:
  Listener(std::string url, DatabaseOptions options, std::string channel,
           std::function<void(std::string_view)> on_message)
      : url_(std::move(url)), options_(options), channel_(std::move(channel)), on_message_(std::move(on_message)) {
    if (pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0)
      throw StorageError(StorageError::Kind::unavailable, "no file descriptors left");
    thread_ = std::thread([this] { run(); });
  }
  ~Listener() {
    stopping_ = true;
    [[maybe_unused]] const auto written = write(wake_[1], "x", 1);
    thread_.join();
    close(wake_[0]);
    close(wake_[1]);
  }

 private:
  void run() {
    std::chrono::milliseconds pause{100};
    while (!stopping_) {
      try {
        listen_until_broken(pause);
      } catch (const StorageError& error) {
        if (stopping_) return;
        log::warn("storage.listen_lost", {{"channel", channel_}, {"error", error.what()}});
      }
      pause_for(pause);
      pause = std::min(pause * 2, std::chrono::milliseconds{5'000});
    }
  }

  void listen_until_broken(std::chrono::milliseconds& pause) {
    PostgresConnection connection(url_, options_);
    connection.run_script("LISTEN \"" + channel_ + "\"");
    pause = std::chrono::milliseconds{100};
    on_message_("");
    while (!stopping_) {
      connection.wait_for_input(wake_[0], options_.listen_probe);
      bool any = false;
      for (auto payload = connection.next_notification(); payload; payload = connection.next_notification()) {
        any = true;
        on_message_(*payload);
      }
      if (!any && !stopping_) connection.run_script("SELECT 1");
    }
  }

  void pause_for(std::chrono::milliseconds time) {
    std::unique_lock lock(sleep_mutex_);
    sleep_.wait_for(lock, time, [this] { return stopping_.load(); });
  }

  std::string url_;
  DatabaseOptions options_;
  std::string channel_;
  std::function<void(std::string_view)> on_message_;
  std::atomic<bool> stopping_{false};
  int wake_[2] = {-1, -1};
  std::mutex sleep_mutex_;
  std::condition_variable sleep_;
  std::thread thread_;
};

class PostgresDatabase : public Database {
 public:
  PostgresDatabase(std::string url, const DatabaseOptions& options) : url_(std::move(url)), options_(options) {
    give_back(std::make_unique<PostgresConnection>(url_, options_), true);
  }

  Engine engine() const override { return Engine::postgres; }
  std::string display_url() const override { return without_password(url_); }

  std::shared_ptr<void> listen(const std::string& channel, std::function<void(std::string_view)> on_message) override {
    return std::make_shared<Listener>(url_, options_, channel, std::move(on_message));
  }

  void notify(const std::string& channel, std::string_view payload) noexcept override try {
    transact(true, [&](Transaction& tx) {
      // A commit that notifies is written to the log like any other; but nobody needs it on the disk.
      tx.run_later({"notify_lightly", "", "SET LOCAL synchronous_commit = off"});
      tx.run_later({"notify", "", "SELECT pg_notify(:channel, :payload)"},
                   {{"channel", channel}, {"payload", payload}});
    });
  } catch (const std::exception& error) {
    log::warn("storage.notify_failed", {{"channel", channel}, {"error", error.what()}});
  }

 protected:
  void transact(bool write, const std::function<void(Transaction&)>& body) override {
    AfterCommit actions;
    ++usage_of_this_thread().calls;
    Snapshot* const snapshot = Snapshot::of(*this);
    if (snapshot && write) snapshot->end();
    if (snapshot && !write) {
      actions = read_within(*snapshot, body);
    } else {
      ++usage_of_this_thread().transactions;
      actions = with_connection([&](PostgresConnection& c) { return run_on(c, write, body); });
    }
    for (const auto& action : actions) action();
  }

 private:
  AfterCommit read_within(Snapshot& snapshot, const std::function<void(Transaction&)>& body) try {
    if (!snapshot.connection()) {
      ++usage_of_this_thread().transactions;
      const auto connection = std::shared_ptr<PostgresConnection>(take().release(), [this](PostgresConnection* ended) {
        give_back(std::unique_ptr<PostgresConnection>(ended), false);
      });
      connection->begin(false);
      connection->run_later("snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", {});
      snapshot.begin(connection);
    }
    return run_body(*snapshot.connection(), body);
  } catch (...) {
    snapshot.end();
    throw;
  }

  template <class F>
  AfterCommit with_connection(F&& use) {
    auto connection = take();
    struct GiveBack {
      PostgresDatabase* pool;
      std::unique_ptr<PostgresConnection>* connection;
      ~GiveBack() { pool->give_back(std::move(*connection), false); }
    } const give_back_at_end{this, &connection};
    return use(*connection);
  }

  // An idle connection that still answers, or a new one. A pooled one may have died while it slept (the server was
  // restarted): it is noticed before the first statement of a transaction, so nothing is done twice.
  std::unique_ptr<PostgresConnection> take() {
    std::unique_lock lock(mutex_);
    const bool free = freed_.wait_for(lock, options_.acquire_deadline,
                                      [&] { return !idle_.empty() || open_ < options_.connections_max; });
    if (!free) throw StorageError(StorageError::Kind::deadline, "waited too long for a database connection");
    while (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->still_alive()) return connection;
      --open_;
    }
    ++open_;
    lock.unlock();
    try {
      return std::make_unique<PostgresConnection>(url_, options_);
    } catch (...) {
      lock.lock();
      --open_;
      freed_.notify_one();
      throw;
    }
  }

  void give_back(std::unique_ptr<PostgresConnection> connection, bool first) {
    {
      const std::lock_guard lock(mutex_);
      if (first) ++open_;
      if (connection->broken())
        --open_;
      else
        idle_.push_back(std::move(connection));
    }
    freed_.notify_one();
  }

  std::string url_;
  DatabaseOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int open_ = 0;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(std::string_view url, const DatabaseOptions& options) try {
  return std::make_unique<PostgresDatabase>(std::string(url), options);
} catch (const StorageError& error) {
  return fail(FailureCode::storage_unavailable,
              fmt::format("The database at {} cannot be reached: {}", without_password(url), redact(error.what())));
}

}  // namespace ta::storage
