#include "monitoring/run_query.h"

#include "web/page_url.h"

namespace ta::monitoring {
namespace {

constexpr int kLimitMax = 200;

constexpr std::pair<std::string_view, runs::RunSort> kSorts[] = {{"-started", runs::RunSort::started_desc},
                                                                 {"started", runs::RunSort::started_asc},
                                                                 {"-duration", runs::RunSort::duration_desc},
                                                                 {"duration", runs::RunSort::duration_asc}};

constexpr std::string_view kTimeExpected = "a time such as 2026-11-21T08:00:00Z or a date such as 2026-11-21";

// A time, or the beginning of a date. A "+" that was not escaped has become a blank: see explanation().
std::optional<Timestamp> time_from(std::string_view text, std::chrono::days past_date) {
  if (const auto time = parse_rfc3339(text)) return time;
  const auto date = parse_rfc3339(std::string(text) + "T00:00:00Z");
  if (!date || to_unix_micros(*date + past_date) > kUnixMicrosMax) return std::nullopt;
  return *date + past_date;
}

// What is worth saying of a value beyond what was expected.
std::string explanation(std::string_view name, std::string_view value) {
  const std::size_t blank = value.rfind(' ');
  if (blank == value.npos || blank < 11) return "";
  const std::string meant = fmt::format("{}+{}", value.substr(0, blank), value.substr(blank + 1));
  if (!parse_rfc3339(meant)) return "";
  return fmt::format(" In an address \"+\" means a blank: write %2B, as in {}={}%2B{}.", name, value.substr(0, blank),
                     value.substr(blank + 1));
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
  const auto id = value == "me" ? std::optional(me.value) : web::id_number(value);
  if (id) query.filter.initiator = UserId{*id};
  return id.has_value();
}
bool read_from(std::string_view value, RunQuery& query, UserId) {
  return (query.filter.from = time_from(value, std::chrono::days{0})).has_value();
}
bool read_to(std::string_view value, RunQuery& query, UserId) {
  return (query.filter.to = time_from(value, std::chrono::days{1})).has_value();
}
bool read_sort(std::string_view value, RunQuery& query, UserId) {
  for (const auto& [name, sort] : kSorts)
    if (name == value) return query.sort = sort, true;
  return false;
}
bool read_limit(std::string_view value, RunQuery& query, UserId) {
  const auto limit = web::id_number(value);
  if (!limit || *limit > kLimitMax) return false;
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
    {"from", read_from, kTimeExpected},
    {"to", read_to, kTimeExpected},
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
      return tl::make_unexpected(fmt::format("The parameter {} must be {}.{}", parameter.name, parameter.expected,
                                             explanation(parameter.name, value)));
  }
  if (query.filter.from && query.filter.to && *query.filter.from >= *query.filter.to)
    return tl::make_unexpected("The parameter from must be before the parameter to.");
  return query;
}

std::vector<std::string_view> run_query_parameters() {
  std::vector<std::string_view> names{"type"};
  for (const Parameter& parameter : kParameters) names.push_back(parameter.name);
  return names;
}

}  // namespace ta::monitoring
