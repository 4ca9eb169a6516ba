#include "cli/workspace.h"

#include <filesystem>

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

access::AuditEntry command_line_entry(std::string action) {
  return {.actor = "Command line", .action = std::move(action)};
}

}  // namespace ta::cli
