// Turns :name parameters into the engine's numbered ones ($1 on PostgreSQL, ?1 on SQLite).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "storage/query.h"

namespace ta::storage {

struct NamedSql {
  std::string text;
  std::vector<std::string> params;  // params[0] is number 1; a name used twice has one number
};

// Leaves string literals, quoted names, comments and PostgreSQL's :: casts alone.
NamedSql parse_named_sql(std::string_view sql, Engine engine);

}  // namespace ta::storage
