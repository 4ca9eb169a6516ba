#include "monitoring/run_query.h"

#include <charconv>

namespace ta::monitoring {
namespace {

constexpr int kLimitMax = 200;

constexpr std::pair<std::string_view, runs::RunSort> kSorts[] = {{"-started", runs::RunSort::started_desc},
                                                                 {"started", runs::RunSort::started_asc},
                                                                 {"-duration", runs::RunSort::duration_desc},
                                                                 {"duration", runs::RunSort::duration_asc}};

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// Each reads one parameter; false when its value makes no sense.
bool read_status(std::string_view value, RunQuery& query, UserId) {
  return (query.filter.status = runs::run_status(value)).has_value();
}
bool read_outcome(std::string_view value, RunQuery& query, UserId) {
  return (query.filter.outcome = runs::run_outcome(value)).has_value();
}
bool read_initiator(std::string_view value, RunQuery& query, UserId me) {
  if (value == "system") return query.filter.system_only = true;
  const auto id = value == "me" ? std::optional(me.value) : number(value);
  if (id) query.filter.initiator = UserId{*id};
  return id.has_value();
}
bool read_from(std::string_view value, RunQuery& query, UserId) {
  return (query.filter.from = parse_rfc3339(value)).has_value();
}
bool read_to(std::string_view value, RunQuery& query, UserId) {
  return (query.filter.to = parse_rfc3339(value)).has_value();
}
bool read_sort(std::string_view value, RunQuery& query, UserId) {
  for (const auto& [name, sort] : kSorts)
    if (name == value) return query.sort = sort, true;
  return false;
}
bool read_limit(std::string_view value, RunQuery& query, UserId) {
  const auto limit = number(value);
  if (!limit || *limit < 1 || *limit > kLimitMax) return false;
  query.limit = static_cast<int>(*limit);
  return true;
}
bool read_cursor(std::string_view value, RunQuery& query, UserId) {
  return (query.cursor = runs::run_cursor_from(value, query.sort)).has_value();
}

struct Parameter {
  std::string_view name;
  bool (*read)(std::string_view, RunQuery&, UserId);
  std::string_view expected;
};

// In the order of reading: the cursor needs the sort.
constexpr Parameter kParameters[] = {
    {"status", read_status, "queued, running or completed"},
    {"outcome", read_outcome, "pending, succeeded, partially_succeeded or failed"},
    {"initiator", read_initiator, "me, system or a user's id"},
    {"from", read_from, "a time such as 2026-11-21T08:00:00Z"},
    {"to", read_to, "a time such as 2026-11-21T08:00:00Z"},
    {"sort", read_sort, "started, -started, duration or -duration"},
    {"limit", read_limit, "a number from 1 to 200"},
    {"cursor", read_cursor, "a next_cursor of the same list and sort"},
};

}  // namespace

tl::expected<RunQuery, std::string> parse_run_query(const http::Fields& fields, UserId me) {
  RunQuery query;
  query.filter.type = fields.get("type");
  for (const Parameter& parameter : kParameters) {
    const std::string value = fields.get(parameter.name);
    if (!value.empty() && !parameter.read(value, query, me))
      return tl::make_unexpected(fmt::format("The parameter {} must be {}.", parameter.name, parameter.expected));
  }
  return query;
}

}  // namespace ta::monitoring
