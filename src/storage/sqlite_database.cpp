// The embedded engine: one writer connection behind a fair queue, a pool of read-only connections, WAL.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <condition_variable>
#include <filesystem>

#include "base/log.h"
#include "storage/connection.h"
#include "storage/named_sql.h"

namespace ta::storage {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

StorageError::Kind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_CONSTRAINT: return StorageError::Kind::constraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return StorageError::Kind::conflict;
    case SQLITE_INTERRUPT: return StorageError::Kind::deadline;
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM: return StorageError::Kind::unavailable;
    default: return StorageError::Kind::misuse;
  }
}

[[noreturn]] void raise(std::string_view query, const SQLite::Exception& error) {
  throw StorageError(kind_of(error.getErrorCode()), fmt::format("{}: {}", query, error.what()));
}

void bind(SQLite::Statement& statement, int index, const Value& value) {
  std::visit(
      [&](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>) {
          statement.bind(index);
        } else if constexpr (std::is_same_v<T, bool>) {
          statement.bind(index, v ? 1 : 0);
        } else if constexpr (std::is_same_v<T, Timestamp>) {
          statement.bind(index, to_unix_micros(v));
        } else if constexpr (std::is_same_v<T, json::value>) {
          statement.bind(index, json::serialize(v));
        } else {
          statement.bind(index, v);
        }
      },
      value);
}

class SqliteConnection : public Connection {
 public:
  SqliteConnection(const std::string& file, bool writer, const DatabaseOptions& options)
      : database_(file, writer ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READWRITE),
        statement_deadline_(options.statement_deadline) {
    database_.setBusyTimeout(static_cast<int>(options.acquire_deadline.count()));
    if (writer) database_.exec("PRAGMA journal_mode = WAL");
    // A checkpoint syncs the whole log while a start waits: one in hundreds of starts, not one in sixty.
    database_.exec(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
        "PRAGMA wal_autocheckpoint = 10000; PRAGMA cache_size = -32768; PRAGMA mmap_size = 268435456");
    if (!writer) database_.exec("PRAGMA query_only = ON");
    sqlite3_progress_handler(database_.getHandle(), 10'000, &SqliteConnection::past_deadline, this);
  }

  Engine engine() const override { return Engine::sqlite; }
  void begin(bool write) override { run_script(write ? "BEGIN IMMEDIATE" : "BEGIN"); }
  void commit() override { run_script("COMMIT"); }

  void rollback() noexcept override {
    if (sqlite3_get_autocommit(database_.getHandle())) return;
    deadline_.reset();
    sqlite3_exec(database_.getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  Rows run(std::string_view name, std::string_view sql, const Params& params, bool) override {
    try {
      Prepared& prepared = prepare(sql);
      const auto values = order_params(name, prepared.names, params);
      for (std::size_t i = 0; i < values.size(); ++i) bind(*prepared.statement, static_cast<int>(i + 1), *values[i]);
      start_deadline();
      Rows rows = collect(*prepared.statement);
      prepared.statement->reset();
      prepared.statement->clearBindings();
      return rows;
    } catch (const SQLite::Exception& error) {
      forget(sql);
      raise(name, error);
    }
  }

  void run_script(std::string_view sql) override {
    try {
      start_deadline();
      database_.exec(std::string(sql));
    } catch (const SQLite::Exception& error) {
      raise(sql.substr(0, 40), error);
    }
  }

 private:
  struct Prepared {
    std::unique_ptr<SQLite::Statement> statement;
    std::vector<std::string> names;
  };
  static constexpr std::size_t kPreparedMax = 256;

  Prepared& prepare(std::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
    if (prepared_.size() >= kPreparedMax) prepared_.clear();
    NamedSql named = parse_named_sql(sql, Engine::sqlite);
    Prepared made{std::make_unique<SQLite::Statement>(database_, named.text), std::move(named.params)};
    return prepared_.emplace(std::string(sql), std::move(made)).first->second;
  }

  // A statement that failed is prepared anew: no error state survives it.
  void forget(std::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end()) prepared_.erase(found);
  }

  Rows collect(SQLite::Statement& statement) {
    const int columns = statement.getColumnCount();
    std::vector<std::string> names;
    for (int i = 0; i < columns; ++i) names.emplace_back(statement.getColumnName(i));
    Rows rows(Engine::sqlite, std::move(names));
    while (statement.executeStep())
      for (int i = 0; i < columns; ++i) {
        const SQLite::Column cell = statement.getColumn(i);
        rows.append(cell.isNull() ? std::nullopt : std::optional(cell.getString()));
      }
    rows.set_affected(columns > 0 ? static_cast<std::int64_t>(rows.size()) : database_.getChanges());
    return rows;
  }

  void start_deadline() {
    deadline_.reset();
    if (statement_deadline_.count() > 0) deadline_ = std::chrono::steady_clock::now() + statement_deadline_;
  }

  static int past_deadline(void* self) {
    const auto& deadline = static_cast<SqliteConnection*>(self)->deadline_;
    return deadline && std::chrono::steady_clock::now() > *deadline;
  }

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  SQLite::Database database_;
  std::chrono::milliseconds statement_deadline_;
  std::optional<SteadyTime> deadline_;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> prepared_;
};

// Lets waiting writers in by arrival: a plain mutex starves some of them for seconds.
class FairLock {
 public:
  bool lock_until(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    waiting_.push_back(ticket);
    const bool got = changed_.wait_until(lock, deadline, [&] { return !held_ && waiting_.front() == ticket; });
    std::erase(waiting_, ticket);
    held_ = held_ || got;
    if (!got) changed_.notify_all();
    return got;
  }
  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::uint64_t> waiting_;
  std::uint64_t next_ticket_ = 0;
  bool held_ = false;
};

// Listeners of one process, by channel.
class LocalChannels : public std::enable_shared_from_this<LocalChannels> {
 public:
  using Callback = std::function<void(std::string_view)>;

  std::shared_ptr<void> listen(const std::string& channel, Callback callback) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = next_id_++;
    auto slot = std::make_shared<Slot>();
    slot->callback = std::move(callback);
    listeners_.emplace(id, std::pair(channel, slot));
    return std::shared_ptr<void>(nullptr, [self = shared_from_this(), id, slot](void*) { self->remove(id, *slot); });
  }

  void notify(const std::string& channel, std::string_view payload) {
    std::vector<std::shared_ptr<Slot>> targets;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, listener] : listeners_)
        if (listener.first == channel) targets.push_back(listener.second);
    }
    for (const auto& slot : targets) {
      const std::lock_guard lock(slot->mutex);
      if (slot->callback) slot->callback(payload);
    }
  }

 private:
  struct Slot {
    std::recursive_mutex mutex;  // a callback may end its own listening
    Callback callback;
  };

  // After this returns the callback is not running and will not run again.
  void remove(std::uint64_t id, Slot& slot) {
    {
      const std::lock_guard lock(mutex_);
      listeners_.erase(id);
    }
    const std::lock_guard lock(slot.mutex);
    slot.callback = nullptr;
  }

  std::mutex mutex_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::pair<std::string, std::shared_ptr<Slot>>> listeners_;
};

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string file, const DatabaseOptions& options)
      : file_(std::move(file)), options_(options), writer_(file_, true, options_) {}

  Engine engine() const override { return Engine::sqlite; }
  std::string display_url() const override { return "sqlite:" + file_; }

  std::shared_ptr<void> listen(const std::string& channel, std::function<void(std::string_view)> on_message) override {
    on_message("");
    return channels_->listen(channel, std::move(on_message));
  }
  void notify(const std::string& channel, std::string_view payload) noexcept override try {
    channels_->notify(channel, payload);
  } catch (const std::exception& error) {
    log::error("storage.notify_failed", {{"channel", channel}, {"error", error.what()}});
  }

 protected:
  void transact(bool write, const std::function<void(Transaction&)>& body) override {
    const AfterCommit actions = write ? write_in(body) : read_in(body);
    for (const auto& action : actions) action();
  }

 private:
  AfterCommit write_in(const std::function<void(Transaction&)>& body) {
    if (!writer_lock_.lock_until(std::chrono::steady_clock::now() + options_.acquire_deadline))
      throw StorageError(StorageError::Kind::deadline, "waited too long for the SQLite writer");
    const std::unique_ptr<FairLock, void (*)(FairLock*)> release(&writer_lock_, [](FairLock* lock) { lock->unlock(); });
    return run_on(writer_, true, body);
  }

  AfterCommit read_in(const std::function<void(Transaction&)>& body) {
    std::unique_ptr<SqliteConnection> connection = take_reader();
    AfterCommit actions = run_on(*connection, false, body);  // a reader that failed is not reused
    const std::lock_guard lock(readers_mutex_);
    if (idle_readers_.size() < static_cast<std::size_t>(options_.connections_max))
      idle_readers_.push_back(std::move(connection));
    return actions;
  }

  std::unique_ptr<SqliteConnection> take_reader() try {
    {
      const std::lock_guard lock(readers_mutex_);
      if (!idle_readers_.empty()) {
        auto connection = std::move(idle_readers_.back());
        idle_readers_.pop_back();
        return connection;
      }
    }
    return std::make_unique<SqliteConnection>(file_, false, options_);
  } catch (const SQLite::Exception& error) {
    raise("open", error);
  }

  std::string file_;
  DatabaseOptions options_;
  SqliteConnection writer_;
  FairLock writer_lock_;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_readers_;
  std::shared_ptr<LocalChannels> channels_ = std::make_shared<LocalChannels>();
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(std::string_view file, const DatabaseOptions& options) try {
  if (file.empty()) return fail(FailureCode::run_invalid_input, "Name the database file: sqlite:FILE.");
  const std::filesystem::path path{std::string(file)};
  if (path.has_parent_path() && !std::filesystem::is_directory(path.parent_path()))
    return fail(FailureCode::storage_unavailable,
                fmt::format("The folder of the database file {} does not exist.", path.string()));
  return std::make_unique<SqliteDatabase>(path.string(), options);
} catch (const SQLite::Exception& error) {
  return fail(FailureCode::storage_unavailable,
              fmt::format("The database file {} cannot be opened: {}.", file, error.what()));
}

}  // namespace ta::storage
