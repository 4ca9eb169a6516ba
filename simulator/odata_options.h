// The query options of a Graph request, and the pages they ask for.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "http/message.h"
#include "simulator/odata_filter.h"

namespace ta::simulator {

struct OrderBy {
  std::vector<std::string> path;
  bool descending = false;
};

// $expand=name($select=…;$expand=…)
struct Expand {
  std::string name;
  std::vector<std::string> select;
  std::vector<Expand> expand;
};

// Where a page begins: after the object `last_id`, or at `offset` when that one has gone.
struct PageToken {
  std::size_t offset = 0;
  std::string last_id;
};

struct QueryOptions {
  std::optional<std::size_t> top;
  std::size_t skip = 0;
  std::optional<PageToken> token;
  std::vector<std::string> select;
  std::optional<FilterNode> filter;
  std::vector<OrderBy> order_by;
  bool count = false;
  std::vector<Expand> expand;
  std::string search_property, search_text;  // $search="property:text" or "text"

  bool plain() const { return select.empty() && expand.empty(); }
};

// beta takes options without their '$'. Throws GraphError 400 for what OData refuses. A second '?' is tolerated.
QueryOptions parse_options(const http::Fields& query, bool beta);
// Throws GraphError 400.
std::vector<Expand> parse_expand(std::string_view text);

// The same request for the page at `token`: an absolute URL that keeps every other option as it was sent.
std::string next_link(const http::Request& request, const std::string& base_url, const PageToken& token, bool as_skip);

}  // namespace ta::simulator
