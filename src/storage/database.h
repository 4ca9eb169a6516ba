// One storage seam over two engines: an embedded SQLite file and PostgreSQL.
//
//   auto db = storage::Database::open("sqlite:/var/lib/tenantatlas/tenantatlas.db");
//   db->write([&](storage::Transaction& tx) { tx.run(sql::user_insert, {{"email", email}}); });
//
// SQLite has one writer: write functions queue fairly and are short, and those that wait share one commit (each in a
// savepoint; write() returns when the commit is on the disk); readers never wait for it (WAL). PostgreSQL runs READ
// COMMITTED. A transaction commits when the function returns and rolls back when it throws; it must not be
// nested (pass the Transaction& on). Thread-safe.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "storage/batch.h"
#include "storage/query.h"
#include "storage/value.h"

namespace ta::storage {

// Why a statement could not be done. Ends the request or run. what() may hold SQL and values: it is for the log alone.
// failure() is what people see: the code and a sentence that points at the log.
class StorageError : public FailureError {
 public:
  enum class Kind { unavailable, deadline, constraint, conflict, misuse };
  StorageError(Kind kind, const std::string& logged) : FailureError(shown(kind), logged), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  static Failure shown(Kind kind) {
    if (kind != Kind::misuse && kind != Kind::constraint) return {FailureCode::storage_unavailable, "", std::nullopt};
    return {FailureCode::internal_error, "The database refused a statement; the server's log says which and why.",
            std::nullopt};
  }
  Kind kind_;
};

// One row of a result. Column names are those of the SELECT; an absent column or a wrong type throws
// StorageError::misuse.
class Row {
 public:
  template <class T>
  T get(std::string_view column) const {
    if constexpr (is_optional<T>::value) {
      if (is_null(column)) return std::nullopt;
      return get<typename T::value_type>(column);
    } else if constexpr (is_id<T>::value) {
      return T{get_int(column)};
    } else if constexpr (std::is_same_v<T, bool>) {
      return get_bool(column);
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(get_int(column));
    } else if constexpr (std::is_same_v<T, double>) {
      return get_double(column);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      return get_time(column);
    } else if constexpr (std::is_same_v<T, json::value>) {
      return get_json(column);
    } else {
      return T(get_text(column));
    }
  }
  bool is_null(std::string_view column) const;

 private:
  friend class Rows;
  template <class T>
  struct is_optional : std::false_type {};
  template <class T>
  struct is_optional<std::optional<T>> : std::true_type {};
  template <class T>
  struct is_id : std::false_type {};
  template <class Tag>
  struct is_id<Id<Tag>> : std::true_type {};

  Row(const class Rows* rows, std::size_t index) : rows_(rows), index_(index) {}
  std::int64_t get_int(std::string_view column) const;
  bool get_bool(std::string_view column) const;
  double get_double(std::string_view column) const;
  std::string_view get_text(std::string_view column) const;
  Timestamp get_time(std::string_view column) const;
  json::value get_json(std::string_view column) const;
  const std::optional<std::string>& cell(std::string_view column) const;

  const class Rows* rows_;
  std::size_t index_;
};

// A whole result, in memory.
class Rows {
 public:
  using Columns = std::vector<std::string>;
  Rows(Engine engine, std::shared_ptr<const Columns> columns) : engine_(engine), columns_(std::move(columns)) {}
  std::size_t size() const { return columns_->empty() ? 0 : cells_.size() / columns_->size(); }
  bool empty() const { return size() == 0; }
  Row operator[](std::size_t index) const { return Row(this, index); }
  std::int64_t affected() const { return affected_; }  // rows inserted, updated or deleted

  class Iterator {
   public:
    Iterator(const Rows* rows, std::size_t at) : rows_(rows), at_(at) {}
    Row operator*() const { return (*rows_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Rows* rows_;
    std::size_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

  // For the drivers.
  void append(std::optional<std::string> cell) { cells_.push_back(std::move(cell)); }
  void set_affected(std::int64_t count) { affected_ = count; }

 private:
  friend class Row;
  Engine engine_;
  std::shared_ptr<const Columns> columns_;
  std::vector<std::optional<std::string>> cells_;  // row by row
  std::int64_t affected_ = 0;
};

class Connection;  // one engine's connection; see connection.h

class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Runs a named query. Every parameter of the text must be given; extra ones are refused.
  Rows run(const Query& query, const Params& params = {});
  // run() for a statement whose answer nobody needs: PostgreSQL gets it together with the next one or the commit, which
  // throws when it failed. affected() of later rows does not count it.
  void run_later(const Query& query, const Params& params = {});
  // The statement for every row of the batch, whose columns are parameters of it: SQLite runs it once per row, in
  // order; PostgreSQL once, with an array per column (`FROM unnest(:column::type[], …)`). `shared` is the same for all
  // rows. Returns what all of them return. Nothing is done for an empty batch.
  Rows run_each(const Query& query, const Batch& batch, const Params& shared = {});
  void run_each_later(const Query& query, const Batch& batch, const Params& shared = {});
  // run_each() for a statement that returns nothing on SQLite: whether it changed something, for every row of the
  // batch. PostgreSQL's text returns the numbers of those rows, from 1, as `nth` (`unnest(…) WITH ORDINALITY`).
  std::vector<bool> change_each(const Query& query, const Batch& batch, const Params& shared = {});
  // The same for an INSERT: the id it made, for every row of the batch; none where there was a conflict. PostgreSQL's
  // text returns `nth` and `id`.
  std::vector<std::optional<std::int64_t>> insert_each(const Query& query, const Batch& batch,
                                                       const Params& shared = {});
  // SQL composed at run time (filters of a list); `name` is for logs. Values still travel as parameters only.
  Rows run_text(std::string_view name, std::string_view sql, const Params& params = {});
  // For hot transactions. PostgreSQL plans each of their named queries once per connection and for index access only,
  // whatever the statistics of that moment say (docs/decisions/0016). So each of them must have but one index to go by.
  // Call it first.
  void fix_plans();
  // Calls `action` once after the commit; never after a rollback. It must not throw.
  void after_commit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }
  // Undoes only what `body` did when it throws, and throws on.
  void savepoint(const std::function<void()>& body);
  // Several statements without parameters or result, for migrations.
  void run_script(std::string_view sql);
  Engine engine() const;

 private:
  friend class Database;
  Connection& connection_;
  std::vector<std::function<void()>> after_commit_;
};

struct DatabaseOptions {
  int connections_max = 8;                               // readers on SQLite; all connections on PostgreSQL
  std::chrono::milliseconds statement_deadline{10'000};  // one statement; 0 = none
  std::chrono::milliseconds acquire_deadline{5'000};     // waiting for a free connection or the writer
  std::chrono::milliseconds connect_deadline{5'000};
  std::chrono::milliseconds listen_probe{10'000};  // a silent server is asked this often, to notice a half-open socket
};

class Database {
 public:
  using AfterCommit = std::vector<std::function<void()>>;
  // `url`: "sqlite:FILE" or "postgresql://…". Fails with storage.unavailable and a sentence a person can act on.
  static Result<std::unique_ptr<Database>> open(std::string_view url, DatabaseOptions options = {});
  virtual ~Database() = default;

  virtual Engine engine() const = 0;
  // The URL without its password, for logs and pages.
  virtual std::string display_url() const = 0;

  // Runs `body(Transaction&)` and returns what it returns. read() refuses writes.
  template <class F>
  auto read(F&& body) {
    return run_in(false, std::forward<F>(body));
  }
  template <class F>
  auto write(F&& body) {
    return run_in(true, std::forward<F>(body));
  }

  // PostgreSQL LISTEN: calls `on_message(payload)` from a thread of its own until the returned handle is destroyed;
  // `on_message` also runs once, with an empty payload, after every (re)connect. SQLite: delivers notify() in-process.
  virtual std::shared_ptr<void> listen(const std::string& channel,
                                       std::function<void(std::string_view)> on_message) = 0;
  // Wakes every listener of the channel, in every process; call it after the commit it speaks of. Best effort:
  // listeners also poll. Never throws.
  virtual void notify(const std::string& channel, std::string_view payload) noexcept = 0;

 protected:
  // Runs `body` between begin and commit on a connection of the engine.
  virtual void transact(bool write, const std::function<void(Transaction&)>& body) = 0;
  // For the engines' transact(): begin, body, commit, then the actions after the commit (not under the connection).
  static AfterCommit run_on(Connection& connection, bool write, const std::function<void(Transaction&)>& body);
  // Only the body, in the transaction that the engine has begun and will end.
  static AfterCommit run_body(Connection& connection, const std::function<void(Transaction&)>& body);

 private:
  template <class F>
  auto run_in(bool write, F&& body) {
    using R = std::invoke_result_t<F&, Transaction&>;
    if constexpr (std::is_void_v<R>) {
      transact(write, [&](Transaction& tx) { body(tx); });
    } else {
      std::optional<R> result;
      transact(write, [&](Transaction& tx) { result.emplace(body(tx)); });
      return std::move(*result);
    }
  }
};

}  // namespace ta::storage
