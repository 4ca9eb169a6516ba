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
  virtual void run_script(std::string_view sql) = 0;
};

// The values in the order of `names`. Throws StorageError::misuse when one is missing or too many were given.
std::vector<const Value*> order_params(std::string_view query, const std::vector<std::string>& names,
                                       const Params& params);

// The engines, behind Database::open.
Result<std::unique_ptr<Database>> open_sqlite(std::string_view file, const DatabaseOptions& options);
Result<std::unique_ptr<Database>> open_postgres(std::string_view url, const DatabaseOptions& options);

}  // namespace ta::storage
