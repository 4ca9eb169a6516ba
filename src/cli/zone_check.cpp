#include "cli/zone_check.h"

#include "base/zone_rules.h"
#include "cli/doctor.sql.h"

namespace ta::cli {

std::vector<ZoneProblem> check_zones(storage::Database& database) {
  std::vector<ZoneProblem> problems;
  const auto zones = database.read([](storage::Transaction& tx) {
    std::vector<std::pair<std::string, std::int64_t>> out;
    for (const storage::Row& row : tx.run(sql::doctor_zones))
      out.emplace_back(row.get<std::string>("zone"), row.get<std::int64_t>("schedules"));
    return out;
  });
  for (const auto& [zone, schedules] : zones) {
    const auto rules = ZoneRules::load(zone);
    const std::string used = schedules > 0 ? fmt::format(" ({} schedules use it.)", schedules) : std::string();
    if (!rules)
      problems.push_back({zone, rules.error().message + used, true});
    else if (!rules->successor().empty())
      problems.push_back({zone,
                          fmt::format("{} is called {} now; its rules are used. Change it with `schedule edit` and "
                                      "`tenant edit`.{}",
                                      zone, rules->successor(), used),
                          false});
  }
  return problems;
}

}  // namespace ta::cli
