#include "storage/database.h"

#include "storage/connection.h"
#include "storage/usage.h"

namespace ta::storage {

Engine Transaction::engine() const { return connection_.engine(); }

Rows Transaction::run(const Query& query, const Params& params) {
  ++usage_of_this_thread().statements;
  return connection_.run(query.name, query.text(connection_.engine()), params, true);
}

void Transaction::run_later(const Query& query, const Params& params) {
  ++usage_of_this_thread().statements;
  connection_.run_later(query.name, query.text(connection_.engine()), params);
}

Rows Transaction::run_each(const Query& query, const Batch& batch, const Params& shared) {
  if (batch.empty()) return Rows(engine(), std::make_shared<Rows::Columns>());
  ++usage_of_this_thread().statements;
  return connection_.run_each(query.name, query.text(connection_.engine()), batch, shared);
}

void Transaction::run_each_later(const Query& query, const Batch& batch, const Params& shared) {
  if (batch.empty()) return;
  ++usage_of_this_thread().statements;
  connection_.run_each_later(query.name, query.text(connection_.engine()), batch, shared);
}

std::vector<std::optional<std::int64_t>> Transaction::insert_each(const Query& query, const Batch& batch,
                                                                  const Params& shared) {
  if (batch.empty()) return {};
  ++usage_of_this_thread().statements;
  return connection_.insert_each(query.name, query.text(connection_.engine()), batch, shared);
}

std::vector<bool> Transaction::change_each(const Query& query, const Batch& batch, const Params& shared) {
  std::vector<bool> changed;
  for (const auto& id : insert_each(query, batch, shared)) changed.push_back(id.has_value());
  return changed;
}

Rows Transaction::run_text(std::string_view name, std::string_view sql, const Params& params) {
  ++usage_of_this_thread().statements;
  return connection_.run(name, sql, params, false);
}

void Transaction::fix_plans() { connection_.fix_plans(); }

void Transaction::run_script(std::string_view sql) { connection_.run_script(sql); }

void Transaction::savepoint(const std::function<void()>& body) {
  connection_.run_script("SAVEPOINT inner_step");
  const std::size_t actions = after_commit_.size();
  try {
    body();
    connection_.run_script("RELEASE SAVEPOINT inner_step");  // with it goes what the body left for later
  } catch (...) {
    connection_.forget_queued();  // of the body: it might fail, and the rollback with it
    connection_.run_script("ROLLBACK TO SAVEPOINT inner_step");
    connection_.run_script("RELEASE SAVEPOINT inner_step");
    after_commit_.resize(actions);
    throw;
  }
}

Database::AfterCommit Database::run_on(Connection& connection, bool write,
                                       const std::function<void(Transaction&)>& body) {
  connection.begin(write);
  try {
    AfterCommit actions = run_body(connection, body);
    connection.commit();
    return actions;
  } catch (...) {
    connection.rollback();
    throw;
  }
}

Database::AfterCommit Database::run_body(Connection& connection, const std::function<void(Transaction&)>& body) {
  Transaction tx(connection);
  body(tx);
  return std::move(tx.after_commit_);
}

Result<std::unique_ptr<Database>> Database::open(std::string_view url, DatabaseOptions options) {
  if (url.starts_with("sqlite:")) return open_sqlite(url.substr(7), options);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return open_postgres(url, options);
  return fail(FailureCode::run_invalid_input,
              "The database must be given as sqlite:FILE or postgresql://USER:PASSWORD@HOST/NAME.");
}

}  // namespace ta::storage
