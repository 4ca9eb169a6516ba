// One libpq connection with deadlines. libpq is used directly because its higher wrappers in Debian 12 have neither
// deadlines nor a way to notice a half-open socket (docs/decisions).
#pragma once
#include <libpq-fe.h>

#include "storage/connection.h"
#include "storage/named_sql.h"

namespace ta::storage {

// Frees libpq's results.
struct PgClear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgClear>;

class PostgresConnection : public Connection {
 public:
  // Throws StorageError::unavailable. `url` may name several hosts.
  PostgresConnection(const std::string& url, const DatabaseOptions& options);
  ~PostgresConnection() override { PQfinish(connection_); }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  Engine engine() const override { return Engine::postgres; }
  void begin(bool write) override;
  void commit() override;
  void rollback() noexcept override;
  Rows run(std::string_view name, std::string_view sql, const Params& params, bool keep) override;
  Rows run_each(std::string_view name, std::string_view sql, const Batch& batch, const Params& shared) override;
  std::vector<std::optional<std::int64_t>> insert_each(std::string_view name, std::string_view sql, const Batch& batch,
                                                       const Params& shared) override;
  void run_later(std::string_view name, std::string_view sql, const Params& params) override;
  void run_each_later(std::string_view name, std::string_view sql, const Batch& batch, const Params& shared) override;
  void run_script(std::string_view sql) override;
  void fix_plans() override;
  void forget_queued() override { queued_.clear(); }

  // The connection's state is unknown (a deadline passed, the socket died): do not reuse it.
  bool broken() const { return broken_ || PQstatus(connection_) != CONNECTION_OK; }
  // Takes in what the server sent while nobody asked (a goodbye, mostly); never waits. False: the connection is gone.
  bool still_alive();
  // Waits until the server sent something, `wake_fd` is readable, or the time is over. Then takes in what came.
  void wait_for_input(int wake_fd, std::chrono::milliseconds at_most);
  // The next NOTIFY that came in, as its payload.
  std::optional<std::string> next_notification();

 private:
  struct Prepared {
    std::string statement;  // its name on the server; empty = not kept
    NamedSql sql;
  };

  // One statement on its way to the server.
  using Texts = std::vector<std::optional<std::string>>;
  struct Step {
    std::string query;      // for errors
    std::string statement;  // prepared; empty: `text`
    std::string text;
    Texts values;
  };

  Step step_of(std::string_view name, std::string_view sql, const Params& params);
  Step step_of(std::string_view name, std::string_view sql, const Batch& batch, const Params& shared);
  // Sends what waits and then `step` in one go. The answer is that of `step`, whatever was queued before it.
  PgResult execute(Step step);
  PgResult execute_pipeline(std::vector<Step> steps);
  void send(const Step& step);
  void flush_queued();
  const Prepared& prepared_for(std::string_view name, std::string_view sql);
  void flush(std::chrono::steady_clock::time_point deadline, std::string_view query);
  PgResult finish(std::string_view query);
  PgResult next_result(std::chrono::steady_clock::time_point deadline, std::string_view query);
  void wait(short events, std::chrono::steady_clock::time_point deadline, std::string_view query);
  [[noreturn]] void raise(std::string_view query, const PGresult* result);
  [[noreturn]] void lost(std::string_view query);

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  PGconn* connection_ = nullptr;
  std::chrono::milliseconds deadline_;
  bool broken_ = false;
  std::vector<Step> queued_;     // sent with the next statement: BEGIN, and what may wait for its answer
  bool in_transaction_ = false;  // the server has seen a statement of it
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> prepared_;
};

}  // namespace ta::storage
