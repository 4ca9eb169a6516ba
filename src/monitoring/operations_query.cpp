#include "monitoring/operations_query.h"

namespace ta::monitoring {
namespace {

using namespace std::chrono_literals;
using runs::RunSort;
using runs::RunTab;

constexpr RunTab kTabs[] = {RunTab::all, RunTab::active, RunTab::succeeded, RunTab::partially_succeeded,
                            RunTab::failed};
constexpr RunSort kSorts[] = {RunSort::started_desc, RunSort::started_asc, RunSort::duration_desc,
                              RunSort::duration_asc};

std::optional<std::chrono::hours> range_length(std::string_view range) {
  if (range == "24h") return 24h;
  if (range == "7d") return 7 * 24h;
  if (range == "90d") return 90 * 24h;
  if (range == "all") return std::nullopt;
  return 30 * 24h;
}

template <class T, std::size_t N>
T named(const T (&values)[N], std::string_view wanted) {
  for (const T value : values)
    if (name(value) == wanted) return value;
  return values[0];
}

std::optional<UserId> user_id(std::string_view text) {
  const auto number = web::id_number(text);
  return number ? std::optional(UserId(*number)) : std::nullopt;
}

}  // namespace

std::string_view name(RunTab tab) {
  switch (tab) {
    case RunTab::all: return "";
    case RunTab::active: return "active";
    case RunTab::succeeded: return "succeeded";
    case RunTab::partially_succeeded: return "partially_succeeded";
    case RunTab::failed: return "failed";
  }
  return "";
}

std::string_view name(RunSort sort) {
  switch (sort) {
    case RunSort::started_desc: return "";
    case RunSort::started_asc: return "started_asc";
    case RunSort::duration_desc: return "duration_desc";
    case RunSort::duration_asc: return "duration_asc";
  }
  return "";
}

std::string_view range_label(std::string_view range) {
  if (range == "24h") return "Last 24 hours";
  if (range == "7d") return "Last 7 days";
  if (range == "90d") return "Last 90 days";
  if (range == "all") return "Any time";
  return "Last 30 days";
}

OperationsQuery OperationsQuery::parse(const http::Fields& fields) {
  OperationsQuery query;
  query.tab = named(kTabs, fields.get("tab"));
  query.type = fields.get("type");
  query.sort = named(kSorts, fields.get("sort"));
  query.cursor = fields.get("cursor");
  const std::string who = fields.get("initiator");
  if (who == "me" || who == "system" || user_id(who)) query.initiator = who;
  const std::string range = fields.get("range");
  if (std::ranges::find(kRanges, range) != std::end(kRanges)) query.range = range;
  return query;
}

runs::RunFilter OperationsQuery::filter(const web::Viewer& viewer) const {
  runs::RunFilter filter;
  filter.tab = tab;
  filter.type = type;
  if (initiator == "me")
    filter.initiator = viewer.principal.user.id;
  else if (initiator == "system")
    filter.system_only = true;
  else
    filter.initiator = user_id(initiator);
  if (const auto length = range_length(range)) filter.from = viewer.now - *length;
  return filter;
}

web::PageUrl OperationsQuery::url(const web::Viewer& viewer) const {
  return web::PageUrl(viewer.path("/operations"))
      .with("tab", name(tab))
      .with("type", type)
      .with("initiator", initiator)
      .with("range", range == "30d" ? "" : range)
      .with("sort", name(sort));
}

}  // namespace ta::monitoring
