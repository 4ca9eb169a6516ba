#include "storage/postgres_connection.h"

#include <poll.h>

#include "base/secrets.h"

namespace ta::storage {
namespace {

using Steady = std::chrono::steady_clock;

// The server ends a statement at its deadline itself; the client waits this much longer, then gives the socket up.
constexpr std::chrono::milliseconds kSocketGrace{2'000};

// A statement prepared while its table was small keeps its plan, a scan of everything, until somebody analyses the
// table. Planned anew each time, it sees the table's true size and the batch's (docs/decisions/0007).
constexpr std::string_view kPlans = "-c plan_cache_mode=force_custom_plan -c random_page_cost=1.1 -c jit=off";

StorageError::Kind kind_of(std::string_view state) {
  if (state == "57014" || state == "25P03") return StorageError::Kind::deadline;
  if (state == "40001" || state == "40P01" || state == "55P03") return StorageError::Kind::conflict;
  if (state.starts_with("23")) return StorageError::Kind::constraint;
  // Connection trouble, no resources, operator intervention, a server that became read-only.
  for (const std::string_view prefix : {"08", "53", "57", "58", "25006"})
    if (state.starts_with(prefix)) return StorageError::Kind::unavailable;
  return StorageError::Kind::misuse;
}

std::optional<std::string> to_text(const Value& value) {
  return std::visit(
      [](const auto& v) -> std::optional<std::string> {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>)
          return std::nullopt;
        else if constexpr (std::is_same_v<T, bool>)
          return v ? "t" : "f";
        else if constexpr (std::is_same_v<T, Timestamp>)
          return to_rfc3339(v);
        else if constexpr (std::is_same_v<T, json::value>)
          return json::serialize(v);
        else if constexpr (std::is_same_v<T, std::string>)
          return v;
        else
          return fmt::format("{}", v);
      },
      value);
}

// A column of the batch as PostgreSQL's array text.
std::string to_array(const Batch& batch, std::size_t column) {
  std::string array = "{";
  for (std::size_t row = 0; row < batch.size(); ++row) {
    if (row > 0) array += ',';
    const std::optional<std::string> text = to_text(batch.at(row, column));
    if (!text) {
      array += "NULL";
      continue;
    }
    array += '"';
    for (const char c : *text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + '}';
}

bool succeeded(ExecStatusType status) {
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

Rows to_rows(const PGresult* result) {
  const int columns = PQnfields(result);
  auto names = std::make_shared<Rows::Columns>();
  for (int i = 0; i < columns; ++i) names->emplace_back(PQfname(result, i));
  Rows rows(Engine::postgres, std::move(names));
  for (int row = 0; row < PQntuples(result); ++row)
    for (int i = 0; i < columns; ++i)
      rows.append(PQgetisnull(result, row, i)
                      ? std::nullopt
                      : std::optional(std::string(PQgetvalue(result, row, i), PQgetlength(result, row, i))));
  const char* affected = PQcmdTuples(const_cast<PGresult*>(result));
  rows.set_affected(*affected ? std::atoll(affected) : 0);
  return rows;
}

std::string trimmed(const char* message) {
  std::string text = redact(message ? message : "");
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url, const DatabaseOptions& options)
    : deadline_(options.statement_deadline) {
  const std::string timeout = std::to_string(std::max<std::int64_t>(1, options.connect_deadline.count() / 1000));
  const std::string settings =
      fmt::format("-c statement_timeout={} -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning {}",
                  options.statement_deadline.count(), kPlans);
  // Later keywords win over the URL, which dbname carries.
  const char* const keywords[] = {"dbname",          "connect_timeout",  "options",         "application_name",
                                  "keepalives_idle", "tcp_user_timeout", "client_encoding", nullptr};
  const char* const values[] = {url.c_str(), timeout.c_str(), settings.c_str(), "tenantatlas",
                                "10",        "10000",         "UTF8",           nullptr};
  connection_ = PQconnectdbParams(keywords, values, 1);
  if (PQstatus(connection_) == CONNECTION_OK && PQsetnonblocking(connection_, 1) == 0) return;
  const std::string message = trimmed(PQerrorMessage(connection_));
  PQfinish(connection_);
  throw StorageError(StorageError::Kind::unavailable, message);
}

// BEGIN travels with the first statement, and statements whose answer may wait with the next one: a round trip costs
// more than most of them.
void PostgresConnection::begin(bool write) {
  queued_.clear();
  queued_.push_back({"begin", "", write ? "BEGIN" : "BEGIN READ ONLY", {}});
}

void PostgresConnection::commit() {
  if (PQtransactionStatus(connection_) == PQTRANS_INERROR)  // COMMIT would roll back and say it worked
    throw StorageError(StorageError::Kind::misuse, "commit of a transaction in which a statement failed");
  if (!in_transaction_ && queued_.size() <= 1) return queued_.clear();  // nothing was asked of it
  execute({"commit", "", "COMMIT", {}});
  in_transaction_ = false;
}

void PostgresConnection::rollback() noexcept try {
  queued_.clear();
  in_transaction_ = false;
  if (!broken() && PQtransactionStatus(connection_) != PQTRANS_IDLE) run_script("ROLLBACK");
} catch (const StorageError&) {
  broken_ = true;  // the server rolls back when the connection closes
}

Rows PostgresConnection::run(std::string_view name, std::string_view sql, const Params& params, bool keep) {
  if (keep) return to_rows(execute(step_of(name, sql, params)).get());
  const NamedSql named = parse_named_sql(sql, Engine::postgres);
  Step step{std::string(name), "", named.text, {}};
  for (const Value* value : order_params(name, named.params, params)) step.values.push_back(to_text(*value));
  return to_rows(execute(std::move(step)).get());
}

Rows PostgresConnection::run_each(std::string_view name, std::string_view sql, const Batch& batch,
                                  const Params& shared) {
  return to_rows(execute(step_of(name, sql, batch, shared)).get());
}

std::vector<std::optional<std::int64_t>> PostgresConnection::insert_each(std::string_view name, std::string_view sql,
                                                                         const Batch& batch, const Params& shared) {
  const PgResult result = execute(step_of(name, sql, batch, shared));
  const int id_column = PQnfields(result.get()) - 1;  // of a statement that inserts nothing: nth itself
  std::vector<std::optional<std::int64_t>> ids(batch.size());
  for (int row = 0; row < PQntuples(result.get()); ++row)
    ids.at(std::atoll(PQgetvalue(result.get(), row, 0)) - 1) = std::atoll(PQgetvalue(result.get(), row, id_column));
  return ids;
}

void PostgresConnection::run_later(std::string_view name, std::string_view sql, const Params& params) {
  queued_.push_back(step_of(name, sql, params));
}

void PostgresConnection::run_each_later(std::string_view name, std::string_view sql, const Batch& batch,
                                        const Params& shared) {
  queued_.push_back(step_of(name, sql, batch, shared));
}

void PostgresConnection::run_script(std::string_view sql) {
  flush_queued();
  if (!PQsendQuery(connection_, std::string(sql).c_str())) lost(sql.substr(0, 40));
  finish(sql.substr(0, 40));
}

void PostgresConnection::fix_plans() {
  run_later(
      "fix_plans",
      "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),"
      " set_config('enable_sort', 'off', true), set_config('enable_nestloop', 'off', true),"
      " set_config('enable_mergejoin', 'off', true)",
      {});
}

void PostgresConnection::flush_queued() {
  if (queued_.empty()) return;
  in_transaction_ = true;
  execute_pipeline(std::exchange(queued_, {}));
}

PostgresConnection::Step PostgresConnection::step_of(std::string_view name, std::string_view sql,
                                                     const Params& params) {
  const Prepared& prepared = prepared_for(name, sql);
  Step step{std::string(name), prepared.statement, "", {}};
  for (const Value* value : order_params(name, prepared.sql.params, params)) step.values.push_back(to_text(*value));
  return step;
}

PostgresConnection::Step PostgresConnection::step_of(std::string_view name, std::string_view sql, const Batch& batch,
                                                     const Params& shared) {
  const Prepared& prepared = prepared_for(name, sql);
  Step step{std::string(name), prepared.statement, "", {}};
  const BatchOrder order(name, prepared.sql.params, batch, shared);
  for (const BatchOrder::Source& source : order.sources())
    step.values.push_back(source.shared ? to_text(*source.shared) : to_array(batch, source.column));
  return step;
}

PgResult PostgresConnection::execute(Step step) {
  if (queued_.empty()) {
    send(step);
    return finish(step.query);
  }
  in_transaction_ = true;
  std::vector<Step> steps = std::exchange(queued_, {});
  steps.push_back(std::move(step));
  return execute_pipeline(std::move(steps));
}

void PostgresConnection::send(const Step& step) {
  std::vector<const char*> values;
  for (const auto& text : step.values) values.push_back(text ? text->c_str() : nullptr);
  const int count = static_cast<int>(values.size());
  const int sent =
      step.statement.empty()
          ? PQsendQueryParams(connection_, step.text.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0)
          : PQsendQueryPrepared(connection_, step.statement.c_str(), count, values.data(), nullptr, nullptr, 0);
  if (!sent) lost(step.query);
}

// After the first failure the server skips the rest, a COMMIT among them.
PgResult PostgresConnection::execute_pipeline(std::vector<Step> steps) {
  const auto deadline = deadline_.count() > 0 ? Steady::now() + deadline_ + kSocketGrace : Steady::time_point::max();
  if (!PQenterPipelineMode(connection_)) lost("pipeline");
  for (const Step& step : steps) send(step);
  if (!PQpipelineSync(connection_)) lost("pipeline");
  flush(deadline, steps.back().query);
  PgResult last, failure;
  std::string_view failed_query;
  for (const Step& step : steps) {
    last = next_result(deadline, step.query);
    if (!last) lost(step.query);
    if (!failure && !succeeded(PQresultStatus(last.get()))) {
      failure = std::move(last);
      failed_query = step.query;
    }
    next_result(deadline, step.query);  // the end of this statement's results
  }
  const PgResult sync = next_result(deadline, "pipeline");
  if (!sync || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(connection_)) broken_ = true;
  if (failure) raise(failed_query, failure.get());
  if (broken_) lost("pipeline");
  return last;
}

const PostgresConnection::Prepared& PostgresConnection::prepared_for(std::string_view name, std::string_view sql) {
  if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second;
  Prepared made{fmt::format("q{}", prepared_.size()), parse_named_sql(sql, Engine::postgres)};
  if (!PQsendPrepare(connection_, made.statement.c_str(), made.sql.text.c_str(), 0, nullptr)) lost(name);
  finish(name);
  return prepared_.emplace(std::string(sql), std::move(made)).first->second;
}

PgResult PostgresConnection::finish(std::string_view query) {
  const auto deadline = deadline_.count() > 0 ? Steady::now() + deadline_ + kSocketGrace : Steady::time_point::max();
  flush(deadline, query);
  PgResult last;
  while (PgResult next = next_result(deadline, query)) {
    const ExecStatusType status = PQresultStatus(next.get());
    const bool failed = !succeeded(status);
    if (!last || failed || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
  }
  if (!last) lost(query);
  if (!succeeded(PQresultStatus(last.get()))) raise(query, last.get());
  return last;
}

void PostgresConnection::flush(Steady::time_point deadline, std::string_view query) {
  for (int left = PQflush(connection_); left != 0; left = PQflush(connection_)) {
    if (left < 0) lost(query);
    wait(POLLIN | POLLOUT, deadline, query);
    if (!PQconsumeInput(connection_)) lost(query);
  }
}

PgResult PostgresConnection::next_result(Steady::time_point deadline, std::string_view query) {
  while (PQisBusy(connection_)) {
    wait(POLLIN, deadline, query);
    if (!PQconsumeInput(connection_)) lost(query);
  }
  return PgResult(PQgetResult(connection_));
}

void PostgresConnection::wait(short events, Steady::time_point deadline, std::string_view query) {
  pollfd fd{PQsocket(connection_), events, 0};
  int timeout = -1;
  if (deadline != Steady::time_point::max())
    timeout = static_cast<int>(
        std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count()));
  const int ready = poll(&fd, 1, timeout);
  if (ready > 0 || (ready < 0 && errno == EINTR)) return;
  broken_ = true;
  throw StorageError(StorageError::Kind::deadline, fmt::format("{}: the database did not answer in time", query));
}

void PostgresConnection::wait_for_input(int wake_fd, std::chrono::milliseconds at_most) {
  pollfd fds[] = {{PQsocket(connection_), POLLIN, 0}, {wake_fd, POLLIN, 0}};
  poll(fds, 2, static_cast<int>(at_most.count()));
  if ((fds[0].revents & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(connection_)) lost("LISTEN");
}

bool PostgresConnection::still_alive() {
  // To the end: a goodbye is read before the end of the stream behind it is.
  for (pollfd fd{PQsocket(connection_), POLLIN, 0}; !broken() && poll(&fd, 1, 0) > 0;)
    if (!PQconsumeInput(connection_)) broken_ = true;
  return !broken();
}

std::optional<std::string> PostgresConnection::next_notification() {
  const std::unique_ptr<PGnotify, void (*)(void*)> notification(PQnotifies(connection_), PQfreemem);
  return notification ? std::optional<std::string>(notification->extra) : std::nullopt;
}

void PostgresConnection::raise(std::string_view query, const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const StorageError::Kind kind = state ? kind_of(state) : StorageError::Kind::unavailable;
  if (kind == StorageError::Kind::unavailable) broken_ = true;
  throw StorageError(kind, fmt::format("{}: {}", query, trimmed(PQresultErrorMessage(result))));
}

void PostgresConnection::lost(std::string_view query) {
  broken_ = true;
  throw StorageError(StorageError::Kind::unavailable,
                     fmt::format("{}: {}", query, trimmed(PQerrorMessage(connection_))));
}

}  // namespace ta::storage
