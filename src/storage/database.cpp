#include "storage/database.h"

#include "storage/connection.h"

namespace ta::storage {

Engine Transaction::engine() const { return connection_.engine(); }

Rows Transaction::run(const Query& query, const Params& params) {
  return connection_.run(query.name, query.text(connection_.engine()), params, true);
}

Rows Transaction::run_text(std::string_view name, std::string_view sql, const Params& params) {
  return connection_.run(name, sql, params, false);
}

void Transaction::run_script(std::string_view sql) { connection_.run_script(sql); }

void Transaction::savepoint(const std::function<void()>& body) {
  connection_.run_script("SAVEPOINT inner_step");
  const std::size_t actions = after_commit_.size();
  try {
    body();
  } catch (...) {
    connection_.run_script("ROLLBACK TO SAVEPOINT inner_step");
    connection_.run_script("RELEASE SAVEPOINT inner_step");
    after_commit_.resize(actions);
    throw;
  }
  connection_.run_script("RELEASE SAVEPOINT inner_step");
}

Database::AfterCommit Database::run_on(Connection& connection, bool write,
                                       const std::function<void(Transaction&)>& body) {
  connection.begin(write);
  Transaction tx(connection);
  try {
    body(tx);
    connection.commit();
  } catch (...) {
    connection.rollback();
    throw;
  }
  return std::move(tx.after_commit_);
}

Result<std::unique_ptr<Database>> Database::open(std::string_view url, DatabaseOptions options) {
  if (url.starts_with("sqlite:")) return open_sqlite(url.substr(7), options);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return open_postgres(url, options);
  return fail(FailureCode::run_invalid_input,
              "The database must be given as sqlite:FILE or postgresql://USER:PASSWORD@HOST/NAME.");
}

}  // namespace ta::storage
