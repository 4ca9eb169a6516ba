// The embedded engine: one writer connection behind a fair queue, a pool of read-only connections, WAL.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <condition_variable>
#include <filesystem>

#include "base/log.h"
#include "storage/checkpointer.h"
#include "storage/connection.h"
#include "storage/local_channels.h"
#include "storage/named_sql.h"
#include "storage/snapshot.h"
#include "storage/usage.h"

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
        } else if constexpr (std::is_same_v<T, std::string>) {
          statement.bindNoCopy(index, v);
        } else {
          statement.bind(index, v);
        }
      },
      value);
}

// A connection is used by one thread at a time, so SQLite's own locks would only cost; so would its memory statistics,
// which every allocation of every thread waits for.
int open_flags(bool writer) {
  [[maybe_unused]] static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // before the first connection
  return SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX | (writer ? SQLite::OPEN_CREATE : 0);
}

// json_merge_members(base, added): the members of both objects, `added`'s where both have one; PostgreSQL's "||".
// SQLite's own json_patch() goes into the members and takes a null for "remove".
void merge_members(sqlite3_context* context, int, sqlite3_value** arguments) try {
  const auto object = [&](int index) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[index]));
    return json::parse(text ? text : "").as_object();
  };
  json::object merged = object(0);
  for (const auto& [name, value] : object(1)) merged.insert_or_assign(name, value);
  const std::string text = json::serialize(merged);
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
} catch (const std::exception&) {
  sqlite3_result_error(context, "json_merge_members() needs two JSON objects", -1);
}

class SqliteConnection : public Connection {
 public:
  SqliteConnection(const std::string& file, bool writer, const DatabaseOptions& options)
      : database_(file, open_flags(writer)), statement_deadline_(options.statement_deadline) {
    database_.setBusyTimeout(static_cast<int>(options.acquire_deadline.count()));
    if (writer) database_.exec("PRAGMA journal_mode = WAL");
    database_.exec(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -32768; PRAGMA mmap_size = 268435456");
    if (!writer) database_.exec("PRAGMA query_only = ON");
    database_.createFunction("json_merge_members", 2, true, nullptr, &merge_members, nullptr, nullptr, nullptr);
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
      Rows rows(Engine::sqlite, prepared.columns);
      start_deadline();
      step(prepared, order_params(name, prepared.names, params), rows);
      return rows;
    } catch (const SQLite::Exception& error) {
      forget(sql);
      raise(name, error);
    }
  }

  Rows run_each(std::string_view name, std::string_view sql, const Batch& batch, const Params& shared) override {
    try {
      Prepared& prepared = prepare(sql);
      Rows rows(Engine::sqlite, prepared.columns);
      start_deadline();
      const BatchOrder order(name, prepared.names, batch, shared);
      for (std::size_t row = 0; row < batch.size(); ++row) step(prepared, order.values(row), rows);
      return rows;
    } catch (const SQLite::Exception& error) {
      forget(sql);
      raise(name, error);
    }
  }

  // Without RETURNING: SQLite would build a temporary table for each execution of the statement.
  std::vector<std::optional<std::int64_t>> insert_each(std::string_view name, std::string_view sql, const Batch& batch,
                                                       const Params& shared) override {
    try {
      Prepared& prepared = prepare(sql);
      Rows none(Engine::sqlite, prepared.columns);
      start_deadline();
      const BatchOrder order(name, prepared.names, batch, shared);
      std::vector<std::optional<std::int64_t>> ids(batch.size());
      for (std::size_t row = 0; row < batch.size(); ++row) {
        step(prepared, order.values(row), none);
        if (database_.getChanges() > 0) ids[row] = database_.getLastInsertRowid();
      }
      return ids;
    } catch (const SQLite::Exception& error) {
      forget(sql);
      raise(name, error);
    }
  }

  void run_later(std::string_view name, std::string_view sql, const Params& params) override {
    run(name, sql, params, true);
  }
  void run_each_later(std::string_view name, std::string_view sql, const Batch& batch, const Params& shared) override {
    run_each(name, sql, batch, shared);
  }

  // Tells after every commit how long the log is, instead of checkpointing in it.
  void on_commit(Checkpointer& checkpointer) {
    const auto hook = [](void* self, sqlite3*, const char*, int pages) {
      static_cast<Checkpointer*>(self)->log_is(pages);
      return SQLITE_OK;
    };
    sqlite3_wal_hook(database_.getHandle(), hook, &checkpointer);
  }

  // False: the engine has rolled back by itself.
  bool in_transaction() { return sqlite3_get_autocommit(database_.getHandle()) == 0; }

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
    std::shared_ptr<const Rows::Columns> columns;
  };
  static constexpr std::size_t kPreparedMax = 256;

  Prepared& prepare(std::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
    if (prepared_.size() >= kPreparedMax) prepared_.clear();
    NamedSql named = parse_named_sql(sql, Engine::sqlite);
    Prepared made{std::make_unique<SQLite::Statement>(database_, named.text), std::move(named.params), {}};
    Rows::Columns columns;
    for (int i = 0; i < made.statement->getColumnCount(); ++i) columns.emplace_back(made.statement->getColumnName(i));
    made.columns = std::make_shared<const Rows::Columns>(std::move(columns));
    return prepared_.emplace(std::string(sql), std::move(made)).first->second;
  }

  // A statement that failed is prepared anew: no error state survives it.
  void forget(std::string_view sql) {
    if (const auto found = prepared_.find(sql); found != prepared_.end()) prepared_.erase(found);
  }

  // Executes once and adds to `rows`. The values outlive the execution, so texts are not copied.
  void step(const Prepared& prepared, const std::vector<const Value*>& values, Rows& rows) {
    SQLite::Statement& statement = *prepared.statement;
    for (std::size_t i = 0; i < values.size(); ++i) bind(statement, static_cast<int>(i + 1), *values[i]);
    const int columns = statement.getColumnCount();
    const std::size_t before = rows.size();
    while (statement.executeStep())
      for (int i = 0; i < columns; ++i) {
        const SQLite::Column cell = statement.getColumn(i);
        rows.append(cell.isNull() ? std::nullopt : std::optional(cell.getString()));
      }
    const auto changed = columns > 0 ? static_cast<std::int64_t>(rows.size() - before) : database_.getChanges();
    rows.set_affected(rows.affected() + changed);
    statement.reset();
    statement.clearBindings();
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
    Waiter self;
    waiting_.push_back(&self);
    const bool got = self.turn.wait_until(lock, deadline, [&] { return !held_ && waiting_.front() == &self; });
    std::erase(waiting_, &self);
    held_ = held_ || got;
    if (!got) wake_first();
    return got;
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    wake_first();
  }
  // unlock(), but only when somebody waits: whoever is first gets the lock.
  bool hand_over() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return false;
    held_ = false;
    wake_first();
    return true;
  }

 private:
  struct Waiter {
    std::condition_variable turn;
  };
  void wake_first() {
    if (!held_ && !waiting_.empty()) waiting_.front()->turn.notify_one();
  }

  std::mutex mutex_;
  std::deque<Waiter*> waiting_;
  bool held_ = false;
};

// Write functions that wait for each other share one transaction, and so one sync of the disk. Each runs on its
// caller's own thread, in a savepoint, when its turn comes; when the next one waits already, the transaction is left
// open for it. The last one commits, and every caller is answered then.
class GroupWriter {
 public:
  using Body = std::function<void(Transaction&)>;
  using RunBody = Database::AfterCommit (*)(Connection&, const Body&);

  GroupWriter(SqliteConnection& connection, std::chrono::milliseconds acquire_deadline)
      : connection_(connection), acquire_deadline_(acquire_deadline) {}

  Database::AfterCommit write(const Body& body, RunBody run_body) {
    if (!lock_.lock_until(std::chrono::steady_clock::now() + acquire_deadline_))
      throw StorageError(StorageError::Kind::deadline, "waited too long for the SQLite writer");
    Database::AfterCommit actions;
    const auto group = join();
    std::exception_ptr problem;
    try {
      actions = run_body(connection_, body);
      if (group->members++ > 0) connection_.run_script("RELEASE SAVEPOINT member");
    } catch (...) {
      problem = std::current_exception();
      undo(*group);
    }
    leave(group);
    if (problem) std::rethrow_exception(problem);
    wait_for(*group);
    return actions;
  }

  // Between two transactions; not at all where no moment is found in time.
  void alone(const std::function<void()>& body) {
    if (!lock_.lock_until(std::chrono::steady_clock::now() + acquire_deadline_)) return;
    if (group_) commit();
    try {
      body();
    } catch (...) {
      lock_.unlock();
      throw;
    }
    lock_.unlock();
  }

 private:
  static constexpr int kMembersMax = 64;
  static constexpr std::chrono::milliseconds kOpenMax{3};  // nobody waits much longer for the others' sake

  struct Group {
    SteadyTime begun = std::chrono::steady_clock::now();
    int members = 0;  // whose writes are in
    bool ended = false;
    std::exception_ptr problem;
  };

  // Under the lock: the open group, or a new one.
  std::shared_ptr<Group> join() try {
    if (!group_) {
      connection_.begin(true);
      group_ = std::make_shared<Group>();
    } else {
      connection_.run_script("SAVEPOINT member");
    }
    return group_;
  } catch (...) {
    if (group_) {
      connection_.rollback();
      end(std::current_exception());
    }
    lock_.unlock();
    throw;
  }

  // Under the lock: takes back what the failed member wrote, and only that. Where SQLite has rolled back by itself (the
  // disk is full, a deadline passed), the others' writes are gone too, and they hear it.
  void undo(Group& group) {
    if (group.members == 0) {
      connection_.rollback();
    } else if (connection_.in_transaction()) {
      try {
        connection_.run_script("ROLLBACK TO SAVEPOINT member");
        connection_.run_script("RELEASE SAVEPOINT member");
        return;
      } catch (const StorageError&) {
        connection_.rollback();
      }
    }
    end(std::make_exception_ptr(
        StorageError(StorageError::Kind::conflict, "a transaction shared with this one was rolled back")));
  }

  // Under the lock, and gives it up: to the next member, or after the commit.
  void leave(const std::shared_ptr<Group>& group) {
    if (group == group_) {
      const bool full = group->members >= kMembersMax || std::chrono::steady_clock::now() - group->begun > kOpenMax;
      if (!full && lock_.hand_over()) return;
      commit();
    }
    lock_.unlock();
  }

  void commit() try {
    connection_.commit();
    end(nullptr);
  } catch (...) {
    connection_.rollback();
    end(std::current_exception());
  }

  void end(std::exception_ptr problem) {
    {
      const std::lock_guard lock(mutex_);
      group_->ended = true;
      group_->problem = std::move(problem);
    }
    group_.reset();
    ended_.notify_all();
  }

  void wait_for(Group& group) {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return group.ended; });
    if (group.problem) std::rethrow_exception(group.problem);
  }

  SqliteConnection& connection_;
  std::chrono::milliseconds acquire_deadline_;
  FairLock lock_;
  std::shared_ptr<Group> group_;  // the open one; under lock_
  std::mutex mutex_;              // for how groups ended
  std::condition_variable ended_;
};

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string file, const DatabaseOptions& options)
      : file_(std::move(file)),
        options_(options),
        writer_(file_, true, options_),
        group_writer_(writer_, options_.acquire_deadline),
        checkpointer_(file_, [this](const std::function<void()>& copy) { group_writer_.alone(copy); }) {
    writer_.on_commit(checkpointer_);
  }

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
    AfterCommit actions;
    ++usage_of_this_thread().calls;
    Snapshot* const snapshot = Snapshot::of(*this);
    if (snapshot && write) snapshot->end();
    if (snapshot && !write) {
      actions = read_within(*snapshot, body);
    } else {
      ++usage_of_this_thread().transactions;
      actions = write ? group_writer_.write(body, &Database::run_body) : read_in(body);
    }
    for (const auto& action : actions) action();
  }

 private:
  // A place among the readers: each has a cache of its own.
  class ReaderPlace {
   public:
    explicit ReaderPlace(SqliteDatabase& database) : database_(database) {
      std::unique_lock lock(database.readers_mutex_);
      const auto free = [&] { return database.readers_ < database.options_.connections_max; };
      if (!database.reader_left_.wait_for(lock, database.options_.acquire_deadline, free))
        throw StorageError(StorageError::Kind::deadline, "waited too long for a SQLite reader");
      ++database.readers_;
    }
    ~ReaderPlace() {
      {
        const std::lock_guard lock(database_.readers_mutex_);
        --database_.readers_;
      }
      database_.reader_left_.notify_one();
    }

   private:
    SqliteDatabase& database_;
  };

  AfterCommit read_in(const std::function<void(Transaction&)>& body) {
    const ReaderPlace place(*this);
    std::unique_ptr<SqliteConnection> connection = take_reader();
    AfterCommit actions = run_on(*connection, false, body);  // a reader that failed is not reused
    give_back(std::move(connection));
    return actions;
  }

  AfterCommit read_within(Snapshot& snapshot, const std::function<void(Transaction&)>& body) try {
    if (!snapshot.connection()) {
      ++usage_of_this_thread().transactions;
      // Its place is given up with the last owner, after the connection.
      const auto place = std::make_shared<ReaderPlace>(*this);
      const auto reader = std::shared_ptr<SqliteConnection>(
          take_reader().release(),
          [this, place](SqliteConnection* ended) { give_back(std::unique_ptr<SqliteConnection>(ended)); });
      reader->begin(false);
      snapshot.begin(reader);
    }
    return run_body(*snapshot.connection(), body);
  } catch (...) {
    snapshot.end();
    throw;
  }

  void give_back(std::unique_ptr<SqliteConnection> reader) {
    const std::lock_guard lock(readers_mutex_);
    idle_readers_.push_back(std::move(reader));
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
  GroupWriter group_writer_;
  Checkpointer checkpointer_;
  std::mutex readers_mutex_;
  std::condition_variable reader_left_;
  int readers_ = 0;  // at work
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
