// Whether the time zones that tenants and schedules use can be read on this machine.
#pragma once
#include <string>
#include <vector>

#include "storage/database.h"

namespace ta::cli {

struct ZoneProblem {
  std::string zone, text;
  bool unreadable = false;  // else: read under another name
};
// One for each zone in use that is not simply there; the schema must be this program's.
std::vector<ZoneProblem> check_zones(storage::Database& database);

}  // namespace ta::cli
