#include <iostream>

#include "access/administrators.h"
#include "access/tenants.h"
#include "access/users.h"
#include "cli/command_list.h"
#include "cli/password_input.h"
#include "cli/table.h"
#include "cli/workspace.h"
#include "runs/run_reader.h"

namespace ta::cli {
namespace {

using access::Refusal, access::User, storage::Transaction;

json::object to_json(const User& user) {
  json::object out{
      {"id", user.id.value}, {"email", user.email}, {"name", user.name}, {"disabled", user.disabled_at.has_value()}};
  out["last_sign_in_at"] = user.last_sign_in_at ? json::value(to_rfc3339(*user.last_sign_in_at)) : json::value(nullptr);
  return out;
}

access::AuditEntry entry_about(const User& user, std::string action) {
  auto entry = command_line_entry(std::move(action));
  entry.target_type = "user";
  entry.target_id = std::to_string(user.id.value);
  entry.target_name = user.name;
  return entry;
}

User find_user_or_fail(Transaction& tx, const std::string& email) {
  const auto user = access::find_user_by_email(tx, email);
  if (!user) throw CommandFailure(fmt::format("There is no user {}.", email));
  return *user;
}

access::Role read_role(const Invocation& call) {
  const auto role = access::role_from(call.text("ROLE"));
  if (!role)
    throw UsageError(fmt::format("ROLE is readonly, operator, manager or owner, not \"{}\"", call.text("ROLE")));
  return *role;
}

void print_user(const Invocation& call, const User& user, std::string_view done, const std::string& password) {
  const bool show = call.flag("--generate-password");
  if (call.json()) {
    json::object out = to_json(user);
    if (show) out["password"] = password;
    call.out() << json::serialize(out) << "\n";
    return;
  }
  call.out() << fmt::format("User {} {}.\n", user.email, done);
  if (show) call.out() << "Password: " << password << "\n";
}

int create(const Invocation& call) {
  const std::string email = call.text("EMAIL");
  const auto database = open_current_database(call);
  const std::string password = read_new_password(call, email);
  const std::string name = call.has("--name") ? call.text("--name") : email.substr(0, email.find('@'));
  const access::NewUser wanted{email, name, hash_password(password)};
  const Timestamp now = SystemClock().now();
  const User user = must(database->write([&](Transaction& tx) {
    auto made = access::create_user(tx, wanted, now);
    if (made) access::record(tx, entry_about(*made, "user.created"), now);
    return made;
  }));
  print_user(call, user, "created", password);
  return kDone;
}

int list(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto users = database->read([](Transaction& tx) { return access::list_users(tx); });
  if (call.json()) {
    json::array items;
    for (const User& user : users) items.push_back(to_json(user));
    call.out() << json::serialize(json::object{{"users", std::move(items)}}) << "\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const User& user : users)
    rows.push_back({user.email, user.name, user.last_sign_in_at ? to_rfc3339(*user.last_sign_in_at) : "never",
                    user.disabled_at ? "disabled" : ""});
  call.out() << text_table({"EMAIL", "NAME", "LAST SIGN-IN", ""}, rows);
  return kDone;
}

int set_password(const Invocation& call) {
  const auto database = open_current_database(call);
  const User user = database->read([&](Transaction& tx) { return find_user_or_fail(tx, call.text("EMAIL")); });
  const std::string password = read_new_password(call, user.email);
  const std::string hash = hash_password(password);
  const Timestamp now = SystemClock().now();
  database->write([&](Transaction& tx) {
    must(access::set_password(tx, user.id, hash, now));
    access::record(tx, entry_about(user, "user.password_changed"), now);
  });
  print_user(call, user, "has a new password; their sessions have ended", password);
  return kDone;
}

// Adds the member, or changes the role of one.
void grant_role(Transaction& tx, const access::Tenant& tenant, const User& user, access::Role role, Timestamp now) {
  const auto added = access::add_member(tx, tenant.id, user.id, role, now);
  const bool changes = !added && added.error().reason == Refusal::Reason::already_member;
  must(changes ? access::change_role(tx, tenant.id, user.id, role, now) : added);
  auto entry = entry_about(user, changes ? "member.role_changed" : "member.added");
  entry.tenant = tenant.id;
  entry.detail = {{"role", name(role)}};
  access::record(tx, entry, now);
}

int grant(const Invocation& call) {
  const access::Role role = read_role(call);
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  database->write([&](Transaction& tx) {
    const auto tenant = access::find_tenant_by_slug(tx, call.text("TENANT"));
    if (!tenant) throw CommandFailure(fmt::format("There is no tenant {}.", call.text("TENANT")));
    grant_role(tx, *tenant, find_user_or_fail(tx, call.text("EMAIL")), role, now);
  });
  call.out() << fmt::format("{} is {} of {} now.\n", call.text("EMAIL"), label(role), call.text("TENANT"));
  return kDone;
}

struct Removed {
  access::Role role;
  std::int64_t waiting;  // runs of theirs that will not run now
};

Removed remove_from(Transaction& tx, const access::Tenant& tenant, const User& user, Timestamp now) {
  const std::int64_t waiting = runs::waiting_runs_of(tx, tenant.id, user.id);
  const auto role = access::remove_member(tx, tenant.id, user.id);
  if (!role && role.error().reason == Refusal::Reason::not_found)
    throw CommandFailure(fmt::format("{} is not a member of {}.", user.email, tenant.slug));
  if (!role && role.error().reason == Refusal::Reason::last_owner)
    throw CommandFailure(
        fmt::format("{} is the last Owner of {}. Make another one first: "
                    "tenantatlas user grant EMAIL {} owner",
                    user.email, tenant.slug, tenant.slug));
  auto entry = entry_about(user, "member.removed");
  entry.tenant = tenant.id;
  entry.detail = {{"role", name(must(role))}};
  access::record(tx, entry, now);
  return {*role, waiting};
}

std::string what_ends(std::int64_t waiting) {
  const std::string runs =
      waiting == 0   ? "None of their operations waits"
      : waiting == 1 ? "1 operation of theirs that waits will not run"
      : waiting > runs::kQueuedMax
          ? fmt::format("More than {} operations of theirs that wait will not run", runs::kQueuedMax)
          : fmt::format("{} operations of theirs that wait will not run", waiting);
  return fmt::format(
      "Their open pages and event streams of it end within 5 seconds, and its notifications are hidden from them.\n"
      "{}. What runs already goes on, and so do schedules.\nTheir API tokens stay and reach this tenant no longer.\n",
      runs);
}

int revoke(const Invocation& call) {
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  const std::string& slug = call.text("--tenant");
  const auto [user, removed] = database->write([&](Transaction& tx) {
    const auto tenant = access::find_tenant_by_slug(tx, slug);
    if (!tenant) throw CommandFailure(fmt::format("There is no tenant {}.", slug));
    const User found = find_user_or_fail(tx, call.text("EMAIL"));
    return std::pair(found, remove_from(tx, *tenant, found, now));
  });
  if (call.json())
    call.out() << json::serialize(json::object{{"email", user.email},
                                               {"tenant", slug},
                                               {"role", name(removed.role)},
                                               {"waiting_runs", removed.waiting}})
               << "\n";
  else
    call.out() << fmt::format("{} is no longer a member of {}; they were {}.\n{}", user.email, slug,
                              label(removed.role), what_ends(removed.waiting));
  return kDone;
}

int change_enabled(const Invocation& call, bool enabled) {
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  database->write([&](Transaction& tx) {
    const User user = find_user_or_fail(tx, call.text("EMAIL"));
    must(enabled ? access::enable_user(tx, user.id, now) : access::disable_user(tx, user.id, now));
    access::record(tx, entry_about(user, enabled ? "user.enabled" : "user.disabled"), now);
  });
  call.out() << fmt::format("User {} is {} now.\n", call.text("EMAIL"), enabled ? "enabled" : "disabled");
  return kDone;
}

int change_administrator(const Invocation& call, bool make) {
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  const bool changed = database->write([&](Transaction& tx) {
    const User user = find_user_or_fail(tx, call.text("EMAIL"));
    const bool done = make ? access::make_administrator(tx, user.id, now) : access::remove_administrator(tx, user.id);
    if (done) access::record(tx, entry_about(user, make ? "user.promoted" : "user.demoted"), now);
    return done;
  });
  const std::string_view state = make ? (changed ? "an administrator of this installation now" : "one already")
                                      : (changed ? "no administrator any more" : "none anyway");
  call.out() << fmt::format("{} is {}.\n", call.text("EMAIL"), state);
  return kDone;
}

Option email_argument() {
  return {.name = "EMAIL", .help = "The user's email address", .kind = Option::Kind::argument, .required = true};
}

}  // namespace

Commands user_commands() {
  const Option tenant{.name = "TENANT", .help = "The tenant's slug", .kind = Option::Kind::argument, .required = true};
  const Option role{
      .name = "ROLE", .help = "readonly, operator, manager or owner", .kind = Option::Kind::argument, .required = true};
  const auto enable = [](const Invocation& call) { return change_enabled(call, true); };
  const auto disable = [](const Invocation& call) { return change_enabled(call, false); };
  return {
      {"user create",
       "Create a user with a password",
       {email_argument(),
        {.name = "--name", .help = "The name on the pages"},
        password_file_option(),
        generate_password_option(),
        json_option(),
        database_option()},
       create},
      {"user list", "List all users", {json_option(), database_option()}, list},
      {"user set-password",
       "Give a user a new password and end their sessions",
       {email_argument(), password_file_option(), generate_password_option(), json_option(), database_option()},
       set_password},
      {"user grant",
       "Make a user a member of a tenant, or change their role",
       {email_argument(), tenant, role, database_option()},
       grant},
      {"user revoke",
       "Take a user's membership of a tenant away",
       {email_argument(),
        {.name = "--tenant", .help = "The tenant's slug", .required = true},
        json_option(),
        database_option()},
       revoke},
      {"user promote",
       "Make a user an administrator of this installation: they see the System page",
       {email_argument(), database_option()},
       [](const Invocation& call) { return change_administrator(call, true); }},
      {"user demote",
       "Make a user no administrator of this installation any more",
       {email_argument(), database_option()},
       [](const Invocation& call) { return change_administrator(call, false); }},
      {"user disable",
       "Shut a user out: sessions, tokens and queued runs",
       {email_argument(), database_option()},
       disable},
      {"user enable", "Let a disabled user in again", {email_argument(), database_option()}, enable},
  };
}

}  // namespace ta::cli
