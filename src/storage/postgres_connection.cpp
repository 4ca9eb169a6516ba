#include "storage/postgres_connection.h"

#include <poll.h>

#include "base/secrets.h"

namespace ta::storage {
namespace {

using Steady = std::chrono::steady_clock;

// The server ends a statement at its deadline itself; the client waits this much longer, then gives the socket up.
constexpr std::chrono::milliseconds kSocketGrace{2'000};

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

Rows to_rows(const PGresult* result) {
  const int columns = PQnfields(result);
  std::vector<std::string> names;
  for (int i = 0; i < columns; ++i) names.emplace_back(PQfname(result, i));
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
      fmt::format("-c statement_timeout={} -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning",
                  options.statement_deadline.count());
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

void PostgresConnection::begin(bool write) { run_script(write ? "BEGIN" : "BEGIN READ ONLY"); }

void PostgresConnection::commit() {
  if (PQtransactionStatus(connection_) == PQTRANS_INERROR)  // COMMIT would roll back and say it worked
    throw StorageError(StorageError::Kind::misuse, "commit of a transaction in which a statement failed");
  run_script("COMMIT");
}

void PostgresConnection::rollback() noexcept try {
  if (!broken() && PQtransactionStatus(connection_) != PQTRANS_IDLE) run_script("ROLLBACK");
} catch (const StorageError&) {
  broken_ = true;  // the server rolls back when the connection closes
}

Rows PostgresConnection::run(std::string_view name, std::string_view sql, const Params& params, bool keep) {
  NamedSql unkept;
  if (!keep) unkept = parse_named_sql(sql, Engine::postgres);
  const Prepared* prepared = keep ? &prepared_for(name, sql) : nullptr;
  const NamedSql& named = keep ? prepared->sql : unkept;
  std::vector<std::optional<std::string>> texts;
  for (const Value* value : order_params(name, named.params, params)) texts.push_back(to_text(*value));
  std::vector<const char*> values;
  for (const auto& text : texts) values.push_back(text ? text->c_str() : nullptr);
  const int count = static_cast<int>(values.size());
  const int sent =
      keep ? PQsendQueryPrepared(connection_, prepared->statement.c_str(), count, values.data(), nullptr, nullptr, 0)
           : PQsendQueryParams(connection_, named.text.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0);
  if (!sent) lost(name);
  return to_rows(finish(name).get());
}

void PostgresConnection::run_script(std::string_view sql) {
  if (!PQsendQuery(connection_, std::string(sql).c_str())) lost(sql.substr(0, 40));
  finish(sql.substr(0, 40));
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
    const bool failed = status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
    if (!last || failed || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
  }
  if (!last) lost(query);
  const ExecStatusType status = PQresultStatus(last.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) raise(query, last.get());
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
