#include "storage/named_sql.h"

#include <algorithm>
#include <cctype>

namespace ta::storage {
namespace {

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Where the literal, quoted name or comment that starts at `at` ends; `at` itself when none starts there.
std::size_t skip_opaque(std::string_view sql, std::size_t at) {
  const auto past = [&](std::size_t found, std::size_t length) {
    return found == sql.npos ? sql.size() : found + length;
  };
  if (sql[at] == '\'' || sql[at] == '"') return past(sql.find(sql[at], at + 1), 1);
  if (sql.substr(at, 2) == "--") return past(sql.find('\n', at), 0);
  if (sql.substr(at, 2) == "/*") return past(sql.find("*/", at + 2), 2);
  if (sql.substr(at, 2) == "::") return at + 2;
  return at;
}

std::size_t number_of(std::vector<std::string>& params, std::string_view name) {
  const std::size_t index = std::find(params.begin(), params.end(), name) - params.begin();
  if (index == params.size()) params.emplace_back(name);
  return index + 1;
}

}  // namespace

NamedSql parse_named_sql(std::string_view sql, Engine engine) {
  NamedSql out;
  const char sign = engine == Engine::postgres ? '$' : '?';
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = skip_opaque(sql, at); end != at) {
      out.text += sql.substr(at, end - at);
      at = end;
      continue;
    }
    std::size_t end = at + 1;
    while (sql[at] == ':' && end < sql.size() && is_name_char(sql[end])) ++end;
    if (end == at + 1) {
      out.text += sql[at++];
      continue;
    }
    out.text += sign + std::to_string(number_of(out.params, sql.substr(at + 1, end - at - 1)));
    at = end;
  }
  return out;
}

}  // namespace ta::storage
