#include "cli/workspace.h"

#include <filesystem>

#include "base/log.h"
#include "base/random.h"
#include "storage/migrations.h"

namespace ta::cli {
namespace {

constexpr std::string_view kSqlitePrefix = "sqlite:";

// Whether a new key would leave credentials that nothing can open.
void refuse_when_needed(const Invocation& call, const std::string& path) {
  std::int64_t credentials = 0;
  const auto database = open_database(call);
  try {
    credentials = database->read([](storage::Transaction& tx) { return provider_connections::count_credentials(tx); });
  } catch (const storage::StorageError& error) {
    if (error.kind() != storage::StorageError::Kind::misuse) throw CommandFailure(error.what());
    return;  // there are no tables yet
  }
  if (credentials == 0) return;
  throw CommandFailure(fmt::format(
      "The master key file {} is missing, and the database holds {} credentials that only its key opens. Put "
      "the file back, or name the right one with --master-key-file. If the key is lost for good, make a new "
      "one with `openssl rand -base64 32 > {}` and give every credential again with `tenantatlas connection "
      "rotate`.",
      path, credentials, path));
}

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

Option custom_endpoints_option() {
  return {.name = "--allow-custom-endpoints",
          .help = "Let connections use other addresses than Microsoft's, private ones too",
          .kind = Option::Kind::flag,
          .setting = true};
}

provider_connections::EndpointRule endpoint_rule(const Invocation& call) {
  using enum provider_connections::EndpointRule;
  return call.flag("--allow-custom-endpoints") ? custom : microsoft;
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
  auto key = given ? MasterKey::parse(*given) : MasterKey::from_file(path);
  if (!key && !given && !std::filesystem::exists(path)) {
    refuse_when_needed(call, path);
    SecureRandom random;
    key = MasterKey::create_file(path, random);
    if (key)
      log::warn("master_key.created", {{"file", path}, {"key", key->id()}, {"advice", "keep a copy of it elsewhere"}});
    else
      key = MasterKey::from_file(path);  // another process may have made it at the same moment
  }
  if (!key) throw CommandFailure(key.error().message);
  return std::move(*key);
}

access::AuditEntry command_line_entry(std::string action) {
  return {.actor = "Command line", .action = std::move(action)};
}

}  // namespace ta::cli
