#include "cli/workspace.h"

#include <filesystem>

#include "base/random.h"
#include "storage/migrations.h"

namespace ta::cli {
namespace {

constexpr std::string_view kSqlitePrefix = "sqlite:";

}  // namespace

Option database_option() {
  return {.name = "--database",
          .help = "sqlite:FILE or postgresql://user@host/name",
          .fallback = "sqlite:tenantatlas.db",
          .setting = true};
}

Option json_option() { return {.name = "--json", .help = "Answer in JSON, for scripts", .kind = Option::Kind::flag}; }

Option master_key_file_option() {
  return {.name = "--master-key-file", .help = "The key for credentials (beside the SQLite file)", .setting = true};
}

std::unique_ptr<storage::Database> open_database(const Invocation& call) {
  auto opened = storage::Database::open(call.text("--database"));
  if (!opened) throw CommandFailure(opened.error().message);
  return std::move(*opened);
}

std::unique_ptr<storage::Database> open_current_database(const Invocation& call) {
  auto database = open_database(call);
  if (const auto checked = storage::check_schema(*database); !checked) throw CommandFailure(checked.error().message);
  return database;
}

std::string master_key_path(const Invocation& call) {
  if (call.has("--master-key-file")) return call.text("--master-key-file");
  const std::string url = call.text("--database");
  if (!url.starts_with(kSqlitePrefix)) return "tenantatlas.key";
  return std::filesystem::path(url.substr(kSqlitePrefix.size())).replace_extension(".key").string();
}

provider_connections::MasterKey installation_key(const Invocation& call) {
  using provider_connections::MasterKey;
  const auto given = call.environment("TENANTATLAS_MASTER_KEY");
  const std::string path = master_key_path(call);
  SecureRandom random;
  auto key = given ? MasterKey::parse(*given) : MasterKey::from_file(path);
  if (!key && !given && !std::filesystem::exists(path)) {
    key = MasterKey::create_file(path, random);
    if (!key) key = MasterKey::from_file(path);  // another process may have made it at the same moment
  }
  if (!key) throw CommandFailure(key.error().message);
  return std::move(*key);
}

access::AuditEntry command_line_entry(std::string action) {
  return {.actor = "Command line", .action = std::move(action)};
}

}  // namespace ta::cli
