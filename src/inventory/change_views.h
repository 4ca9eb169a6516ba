// What syncs found, as pages show it.
#pragma once
#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "inventory/sync_runs.h"
#include "web/viewer.h"

namespace ta::inventory {

struct Link {
  std::string href, text, separator;
};
BOOST_DESCRIBE_STRUCT(Link, (), (href, text, separator))

// "3 new", "1 changed", "2 gone": each leads to the list of these objects. Empty when there are none, or no list any
// more because the ledger has forgotten the run. What a type's first reading brought is no news.
std::vector<Link> change_links(const SyncSummary& sync, const web::Viewer& viewer);
// Where one finds what the run found, all three together.
std::string changes_href(RunId run, const web::Viewer& viewer);

}  // namespace ta::inventory
