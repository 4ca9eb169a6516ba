// The query of a list of runs: the same words in the API, in page addresses and on the command line.
#pragma once
#include <string>

#include "http/message.h"
#include "runs/run_reader.h"

namespace ta::monitoring {

struct RunQuery {
  runs::RunFilter filter;
  runs::RunSort sort = runs::RunSort::started_desc;
  std::optional<runs::RunCursor> cursor;
  int limit = 50;
};

// type, status, outcome, initiator (me, system or a user's id), from, to (RFC 3339; a date alone is the whole day in
// UTC: from its beginning, to its end), sort (started, -started, duration, -duration), cursor, limit (1 to 200). Fails
// with a sentence that names the parameter.
tl::expected<RunQuery, std::string> parse_run_query(const http::Fields& fields, UserId me);
std::vector<std::string_view> run_query_parameters();  // their names

}  // namespace ta::monitoring
