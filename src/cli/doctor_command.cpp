#include <sys/stat.h>

#include <iostream>

#include "base/digest.h"
#include "cli/command_list.h"
#include "cli/doctor.sql.h"
#include "cli/features.h"
#include "cli/table.h"
#include "cli/workspace.h"
#include "cli/zone_check.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "storage/migrations.h"

namespace ta::cli {
namespace {

using provider_connections::MasterKey, storage::Database, storage::Transaction;

enum class Health { ok, warning, failed };

struct Finding {
  std::string check;
  Health health;
  std::string text;
};

std::string_view name(Health health) {
  switch (health) {
    case Health::ok: return "ok";
    case Health::warning: return "warning";
    case Health::failed: return "failed";
  }
  return {};
}

Finding check_clock(Database& database, const Clock& clock) {
  constexpr std::chrono::seconds kSkewMax{5};
  const Timestamp there =
      database.read([](Transaction& tx) { return tx.run(sql::doctor_now)[0].get<Timestamp>("now"); });
  const auto skew = std::chrono::abs(std::chrono::round<std::chrono::seconds>(there - clock.now()));
  if (skew <= kSkewMax) return {"clock", Health::ok, "This machine and the database agree."};
  return {"clock", Health::warning, fmt::format("This machine and the database differ by {} s.", skew.count())};
}

Finding check_workers(Database& database, const Clock& clock) {
  const Timestamp since = clock.now() - std::chrono::seconds{15};
  const int alive = database.read(
      [&](Transaction& tx) { return tx.run(sql::doctor_workers, {{"since", since}})[0].get<int>("alive"); });
  if (alive > 0)
    return {"workers", Health::ok, fmt::format("{} seen in the last 15 s; a killed one counts as long.", alive)};
  return {"workers", Health::warning,
          "None was seen in the last 15 s: operations stay queued. Start `tenantatlas serve` or `worker`."};
}

bool others_may_read(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

// `database` is null while its schema is not this program's.
Finding check_key(const Invocation& call, Database* database) {
  const auto from_environment = call.environment("TENANTATLAS_MASTER_KEY");
  const std::string path = master_key_path(call);
  const auto key = from_environment ? MasterKey::parse(*from_environment) : MasterKey::from_file(path);
  if (!key) {
    const bool needed =
        database && database->read([](Transaction& tx) { return provider_connections::count_credentials(tx); }) > 0;
    return {"master key", needed ? Health::failed : Health::warning, key.error().message};
  }
  const auto count_foreign = [&](Transaction& tx) {
    return provider_connections::count_credentials_of_other_keys(tx, *key);
  };
  if (const auto foreign = database ? database->read(count_foreign) : 0; foreign > 0)
    return {"master key", Health::failed, fmt::format("{} credentials were sealed with another key.", foreign)};
  if (!from_environment && others_may_read(path))
    return {"master key", Health::warning, fmt::format("Others may read {}; run `chmod 600` on it.", path)};
  return {"master key", Health::ok, fmt::format("Key {}.", key->id())};
}

Finding check_time_zones(Database& database) {
  const auto problems = check_zones(database);
  if (problems.empty()) return {"time zones", Health::ok, "Those in use can be read."};
  Finding finding{"time zones", Health::warning, ""};
  for (const ZoneProblem& problem : problems) {
    if (problem.unreadable) finding.health = Health::failed;
    finding.text += (finding.text.empty() ? "" : " ") + problem.text;
  }
  return finding;
}

// Every pair of a run and its domain row, also those that the server's own check has long passed. Changes nothing.
Finding check_domain_runs(Database& database, const Clock& clock) {
  constexpr int kNamedMax = 1'000;
  SecureRandom random;
  // The types' handlers are registered with what they need, but none is called: no credential is opened.
  const MasterKey none = MasterKey::parse(hex(std::string(32, '0'))).value();
  const provider_connections::ConnectionStore store(none, random);
  http::Client client;
  provider_connections::GraphSessions sessions(database, store, client, clock, random);
  runs::Catalog catalog;
  register_operations(catalog, sessions);
  const auto found =
      database.read([&](Transaction& tx) { return runs::find_disagreements(tx, catalog, Timestamp{}, kNamedMax); });
  if (found.empty()) return {"domain runs", Health::ok, "They agree with the runs they belong to."};
  const runs::Disagreement& first = found.front();
  return {"domain runs", Health::failed,
          fmt::format("{} disagree with their run; the first: {}, run {}, row {} ({}). See docs/domain-runs.md.",
                      found.size(), first.type, first.run.value_or(RunId{}), first.row.value_or(0),
                      runs::name(first.kind))};
}

std::vector<Finding> examine(const Invocation& call) {
  const SystemClock clock;
  auto opened = Database::open(call.text("--database"));
  if (!opened) return {{"database", Health::failed, opened.error().message}, check_key(call, nullptr)};
  Database& database = **opened;
  std::vector<Finding> findings{{"database", Health::ok, fmt::format("{} answers.", database.display_url())}};
  findings.push_back(check_clock(database, clock));
  const auto schema = storage::check_schema(database);
  findings.push_back({"schema", schema ? Health::ok : Health::failed,
                      schema ? std::string("This program's version.") : schema.error().message});
  findings.push_back(check_key(call, schema ? &database : nullptr));
  if (schema) findings.push_back(check_workers(database, clock));
  if (schema) findings.push_back(check_time_zones(database));
  if (schema) findings.push_back(check_domain_runs(database, clock));
  return findings;
}

void print(const Invocation& call, const std::vector<Finding>& findings, bool healthy) {
  json::array items;
  std::vector<std::vector<std::string>> rows;
  for (const Finding& finding : findings) {
    items.push_back(json::object{{"check", finding.check}, {"health", name(finding.health)}, {"text", finding.text}});
    rows.push_back({finding.check, std::string(name(finding.health)), finding.text});
  }
  if (call.json())
    call.out() << json::serialize(json::object{{"healthy", healthy}, {"checks", std::move(items)}}) << "\n";
  else
    call.out() << text_table({"CHECK", "HEALTH", ""}, rows);
}

int doctor(const Invocation& call) {
  const auto findings = examine(call);
  const bool healthy = std::none_of(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.health == Health::failed; });
  print(call, findings, healthy);
  return healthy ? kDone : kFailed;
}

}  // namespace

Commands doctor_commands() {
  return {{"doctor",
           "Check database, schema, master key, clock, workers, time zones, and that runs and their history agree",
           {json_option(), database_option(), master_key_file_option()},
           doctor}};
}

}  // namespace ta::cli
