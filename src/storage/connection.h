// One connection of one engine. Used by Transaction and the engines only; not thread-safe.
#pragma once
#include <span>
#include <string_view>

#include "storage/database.h"

namespace ta::storage {

class Connection {
 public:
  virtual ~Connection() = default;
  virtual Engine engine() const = 0;
  virtual void begin(bool write) = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;
  // `keep` = the text is one of the program's named queries: keep it prepared.
  virtual Rows run(std::string_view name, std::string_view sql, const Params& params, bool keep) = 0;
  virtual Rows run_each(std::string_view name, std::string_view sql, const Batch& batch, const Params& shared) = 0;
  // For every row of the batch the id of the row inserted; for another statement that changed something, any number.
  virtual std::vector<std::optional<std::int64_t>> insert_each(std::string_view name, std::string_view sql,
                                                               const Batch& batch, const Params& shared) = 0;
  // The same where nobody needs the rows: at once, or with the next statement or the commit.
  virtual void run_later(std::string_view name, std::string_view sql, const Params& params) = 0;
  virtual void run_each_later(std::string_view name, std::string_view sql, const Batch& batch,
                              const Params& shared) = 0;
  virtual void run_script(std::string_view sql) = 0;
  virtual void fix_plans() {}
  // What run_later() has left to be done is not done.
  virtual void forget_queued() {}
};

// The values in the order of `names`. Throws StorageError::misuse when one is missing or too many were given.
std::vector<const Value*> order_params(std::string_view query, const std::vector<std::string>& names,
                                       const Params& params);

// The same for the rows of a batch, whose columns and `shared` together are the parameters. Refers to both.
class BatchOrder {
 public:
  BatchOrder(std::string_view query, const std::vector<std::string>& names, const Batch& batch, const Params& shared);
  std::vector<const Value*> values(std::size_t row) const;
  // By parameter: the batch's column, or else the shared value.
  struct Source {
    std::size_t column = 0;
    const Value* shared = nullptr;
  };
  const std::vector<Source>& sources() const { return sources_; }

 private:
  const Batch& batch_;
  std::vector<Source> sources_;
};

// The engines, behind Database::open.
Result<std::unique_ptr<Database>> open_sqlite(std::string_view file, const DatabaseOptions& options);
Result<std::unique_ptr<Database>> open_postgres(std::string_view url, const DatabaseOptions& options);

}  // namespace ta::storage
