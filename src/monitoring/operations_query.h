// The state of the operations list, as its address carries it.
#pragma once
#include <string>

#include "runs/run_reader.h"
#include "web/page_url.h"
#include "web/viewer.h"

namespace ta::monitoring {

// Parsed from the address; what cannot be read counts as not given, so that an old link still opens.
struct OperationsQuery {
  runs::RunTab tab = runs::RunTab::all;
  std::string type;
  std::string initiator;      // "me", "system", a user id, or empty for anyone
  std::string range = "30d";  // 24h, 7d, 30d, 90d, all
  runs::RunSort sort = runs::RunSort::started_desc;
  std::string cursor;

  static OperationsQuery parse(const http::Fields& fields);
  runs::RunFilter filter(const web::Viewer& viewer) const;
  // The canonical address; defaults are left out. Without the cursor: changing anything starts at the top again.
  web::PageUrl url(const web::Viewer& viewer) const;
  bool is_default() const { return type.empty() && initiator.empty() && range == "30d"; }
};

std::string_view name(runs::RunTab tab);    // "partially_succeeded"; "" for all
std::string_view name(runs::RunSort sort);  // "duration_desc"; "" for the default
std::string_view range_label(std::string_view range);
inline constexpr std::string_view kRanges[] = {"24h", "7d", "30d", "90d", "all"};

}  // namespace ta::monitoring
