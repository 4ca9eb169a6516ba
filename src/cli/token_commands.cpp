#include <iostream>

#include "access/api_tokens.h"
#include "access/users.h"
#include "cli/command_list.h"
#include "cli/table.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

using access::ApiToken, access::User, storage::Transaction;

std::string scope_names(const ApiToken& token) {
  std::string names;
  for (const access::TokenScope scope : token.scopes) names += (names.empty() ? "" : " ") + std::string(name(scope));
  return names;
}

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::object to_json(const ApiToken& token) {
  json::array scopes;
  for (const access::TokenScope scope : token.scopes) scopes.emplace_back(name(scope));
  return {{"id", token.id.value},
          {"name", token.name},
          {"hint", token.hint},
          {"scopes", std::move(scopes)},
          {"created_at", to_rfc3339(token.created_at)},
          {"expires_at", time_or_null(token.expires_at)},
          {"last_used_at", time_or_null(token.last_used_at)},
          {"revoked_at", time_or_null(token.revoked_at)}};
}

User find_owner(Transaction& tx, const Invocation& call) {
  const auto user = access::find_user_by_email(tx, call.text("EMAIL"));
  if (!user) throw CommandFailure(fmt::format("There is no user {}.", call.text("EMAIL")));
  return *user;
}

std::vector<access::TokenScope> read_scopes(const Invocation& call) {
  std::vector<access::TokenScope> scopes;
  for (const std::string& text : call.texts("--scope")) {
    const auto scope = access::token_scope_from(text);
    if (!scope) throw UsageError(fmt::format("--scope is read, start or admin, not \"{}\"", text));
    scopes.push_back(*scope);
  }
  return scopes;
}

std::optional<Timestamp> read_expiry(const Invocation& call, Timestamp now) {
  if (!call.has("--expires-in-days")) return std::nullopt;
  const std::int64_t days = call.number("--expires-in-days");
  if (days < 1 || days > 3650) throw UsageError("--expires-in-days is 1 to 3650");
  return now + std::chrono::days{days};
}

access::AuditEntry entry_about(const ApiToken& token, std::string action) {
  auto entry = command_line_entry(std::move(action));
  entry.target_type = "api_token";
  entry.target_id = std::to_string(token.id.value);
  entry.target_name = token.name;
  return entry;
}

int create(const Invocation& call) {
  const Timestamp now = SystemClock().now();
  access::NewApiToken wanted{
      .name = call.text("--name"), .scopes = read_scopes(call), .expires_at = read_expiry(call, now)};
  const auto database = open_current_database(call);
  SecureRandom random;
  const auto issued = must(database->write([&](Transaction& tx) {
    wanted.user = find_owner(tx, call).id;
    auto made = access::issue_api_token(tx, random, wanted, now);
    if (made) access::record(tx, entry_about(made->token, "api_token.created"), now);
    return made;
  }));
  if (call.json()) {
    json::object out = to_json(issued.token);
    out["token"] = issued.secret;
    call.out() << json::serialize(out) << "\n";
  } else {
    call.out() << issued.secret << "\n";
    call.err() << "Keep it now: it is not shown again.\n";
  }
  return kDone;
}

int list(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto tokens =
      database->read([&](Transaction& tx) { return access::list_api_tokens(tx, find_owner(tx, call).id); });
  if (call.json()) {
    json::array items;
    for (const ApiToken& token : tokens) items.push_back(to_json(token));
    call.out() << json::serialize(json::object{{"tokens", std::move(items)}}) << "\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const ApiToken& token : tokens)
    rows.push_back({std::to_string(token.id.value), token.name, token.hint + "…", scope_names(token),
                    token.last_used_at ? to_rfc3339(*token.last_used_at) : "never", token.revoked_at ? "revoked" : ""});
  call.out() << text_table({"ID", "NAME", "TOKEN", "SCOPES", "LAST USED", ""}, rows);
  return kDone;
}

int revoke(const Invocation& call) {
  const auto database = open_current_database(call);
  const access::ApiTokenId id{call.number("ID")};
  const Timestamp now = SystemClock().now();
  database->write([&](Transaction& tx) {
    must(access::revoke_api_token(tx, find_owner(tx, call).id, id, now));
    access::record(tx, entry_about(ApiToken{.id = id}, "api_token.revoked"), now);
  });
  call.out() << fmt::format("Token {} is revoked.\n", id);
  return kDone;
}

}  // namespace

Commands token_commands() {
  const Option email{.name = "EMAIL", .help = "Whose token", .kind = Option::Kind::argument, .required = true};
  return {
      {"token create",
       "Issue an API token and print it once",
       {email,
        {.name = "--name", .help = "What it is for", .fallback = "command line"},
        {.name = "--scope",
         .help = "read, start or admin; may be given several times",
         .fallback = "read",
         .repeats = true},
        {.name = "--expires-in-days", .help = "When it ends by itself (never)", .kind = Option::Kind::number},
        json_option(),
        database_option()},
       create},
      {"token list", "List a user's API tokens", {email, json_option(), database_option()}, list},
      {"token revoke",
       "Make an API token useless",
       {email,
        {.name = "ID", .help = "From `token list`", .kind = Option::Kind::argument, .required = true},
        database_option()},
       revoke},
  };
}

}  // namespace ta::cli
