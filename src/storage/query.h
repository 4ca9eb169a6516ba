// A named query: SQL source that lives in a .sql file beside its feature (see tools/embed).
#pragma once
#include <string_view>

namespace ta::storage {

enum class Engine { sqlite, postgres };

// Parameters are written :name in both texts. The name reaches logs, errors and metrics.
struct Query {
  std::string_view name;
  std::string_view sqlite;
  std::string_view postgres;
  constexpr std::string_view text(Engine engine) const { return engine == Engine::sqlite ? sqlite : postgres; }
};

}  // namespace ta::storage
