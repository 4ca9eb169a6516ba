#include "access/sign_in.h"

#include "access/input_rules.h"
#include "access/rows.h"
#include "access/sign_in.sql.h"
#include "access/users.h"
#include "base/digest.h"

namespace ta::access {
namespace {

// Writing "last seen" with every request would make every page a write.
constexpr std::chrono::seconds kTouchEvery{60};

// Derived, so that nothing in the database helps to forge a request.
std::string csrf_token_of(std::string_view session_secret) {
  return base64url(sha256_bytes(fmt::format("csrf\n{}", session_secret)));
}

std::string account_subject(const std::string& email, const Caller& caller) {
  return sha256_hex(fmt::format("account\n{}\n{}", email, caller.address));
}

std::string address_subject(const Caller& caller) { return sha256_hex(fmt::format("address\n{}", caller.address)); }

// Text of at most `bytes_max` bytes for a column; what a browser sends may be anything.
std::string column_text(std::string_view text, std::size_t bytes_max) {
  return without_control_characters(cut_utf8(valid_utf8(text), bytes_max));
}

}  // namespace

// Whose password is about to be verified; without a user when there is none of that name.
struct SignIn::Candidate {
  std::optional<UserId> user;
  std::string name;
  std::optional<std::string> hash;
};

SignIn::SignIn(storage::Database& database, const Clock& clock, Random& random, const PasswordHasher& hasher,
               SignInLimits limits)
    : database_(database), clock_(clock), random_(random), hasher_(hasher), limits_(limits) {}

Outcome<StartedSession> SignIn::sign_in(std::string_view email, std::string_view password, const Caller& caller) {
  const std::string account = normalised_email(email).value_or("?");
  const auto candidate = find_candidate(account, caller);
  if (!candidate) return tl::make_unexpected(candidate.error());
  // Outside of any transaction: it takes tens of milliseconds, and SQLite has one writer.
  const auto verified = hasher_.verify(candidate->hash, password);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!*verified) {
    record_refused(*candidate, caller, "session.started");
    return refuse(Refusal::Reason::wrong_credentials);
  }
  return start_session(*candidate, account, caller);
}

Outcome<SignIn::Candidate> SignIn::find_candidate(const std::string& email, const Caller& caller) {
  const Timestamp now = clock_.now();
  return database_.write([&](storage::Transaction& tx) -> Outcome<Candidate> {
    // Counted before the password is looked at, so that guesses sent at the same time are counted too.
    if (const auto counted = count_attempt(tx, email, caller, now); !counted)
      return tl::make_unexpected(counted.error());
    const auto rows = tx.run(sql::sign_in_credentials, {{"email", email}});
    if (rows.empty()) return Candidate{std::nullopt, "Unknown", std::nullopt};
    return Candidate{rows[0].get<UserId>("user_id"), rows[0].get<std::string>("user_name"),
                     rows[0].get<std::optional<std::string>>("password_hash")};
  });
}

Outcome<void> SignIn::count_attempt(storage::Transaction& tx, const std::string& email, const Caller& caller,
                                    Timestamp now) {
  const auto count = [&](const std::string& subject, int attempts_max) -> Outcome<void> {
    const auto rows = tx.run(sql::sign_in_count_attempt,
                             {{"subject", subject}, {"now", now}, {"window_ends_at", now + limits_.window}});
    if (rows[0].get<int>("attempts") <= attempts_max) return {};
    const Microseconds left = rows[0].get<Timestamp>("window_ends_at") - now;
    return refuse(Refusal::Reason::too_many_attempts, std::chrono::ceil<std::chrono::seconds>(left));
  };
  if (const auto address = count(address_subject(caller), limits_.attempts_per_address_max); !address) return address;
  return count(account_subject(email, caller), limits_.attempts_per_account_max);
}

void SignIn::forget_attempts(storage::Transaction& tx, const std::string& email, const Caller& caller) {
  tx.run(sql::sign_in_forget_account, {{"subject", account_subject(email, caller)}});
  tx.run(sql::sign_in_refund_address, {{"subject", address_subject(caller)}});
}

Outcome<StartedSession> SignIn::start_session(const Candidate& candidate, const std::string& email,
                                              const Caller& caller) {
  const Timestamp now = clock_.now();
  return database_.write([&](storage::Transaction& tx) -> Outcome<StartedSession> {
    // The password may have been changed while it was verified.
    if (tx.run(sql::sign_in_lock_user, {{"user_id", *candidate.user}, {"password_hash", *candidate.hash}}).empty())
      return refuse(Refusal::Reason::wrong_credentials);
    forget_attempts(tx, email, caller);
    tx.run(sql::sign_in_forget_old, {{"now", now}});
    tx.run(sql::session_delete_expired, {{"now", now}});
    tx.run(sql::sign_in_seen, {{"user_id", *candidate.user}, {"now", now}});
    StartedSession started = insert_session(tx, *candidate.user, caller, now);
    record_by(tx, started.principal, caller, "session.started");
    return started;
  });
}

StartedSession SignIn::insert_session(storage::Transaction& tx, UserId user, const Caller& caller, Timestamp now) {
  StartedSession started{.secret = random_.token(), .principal = {}, .expires_at = now + limits_.age_max};
  const std::string hash = sha256_hex(started.secret);
  const auto rows = tx.run(sql::session_insert, {{"user_id", user},
                                                 {"secret_hash", hash},
                                                 {"address", column_text(caller.address, 100)},
                                                 {"user_agent", column_text(caller.user_agent, 300)},
                                                 {"now", now},
                                                 {"expires_at", started.expires_at}});
  started.principal = {.user = *find_user(tx, user),
                       .session = rows[0].get<SessionId>("session_id"),
                       .csrf_token = csrf_token_of(started.secret),
                       .session_hash = hash};
  return started;
}

std::optional<Principal> SignIn::session(std::string_view secret) {
  if (secret.empty()) return std::nullopt;
  const Timestamp now = clock_.now();
  Timestamp last_seen;
  const std::string hash = sha256_hex(secret);
  auto principal = database_.read([&](storage::Transaction& tx) -> std::optional<Principal> {
    const auto rows =
        tx.run(sql::session_find, {{"secret_hash", hash}, {"now", now}, {"seen_after", now - limits_.idle_max}});
    if (rows.empty()) return std::nullopt;
    last_seen = rows[0].get<Timestamp>("last_seen_at");
    return Principal{.user = read_user(rows[0]),
                     .session = rows[0].get<SessionId>("session_id"),
                     .csrf_token = csrf_token_of(secret),
                     .session_hash = hash};
  });
  if (principal && now - last_seen >= kTouchEvery)
    database_.write([&](storage::Transaction& tx) {
      tx.run(sql::session_touch, {{"session_id", *principal->session}, {"now", now}});
    });
  return principal;
}

void SignIn::sign_out(const Principal& principal, const Caller& caller) {
  if (!principal.session) return;
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::session_delete, {{"session_id", *principal.session}});
    record_by(tx, principal, caller, "session.ended");
  });
}

void SignIn::sign_out_everywhere(const Principal& principal, const Caller& caller) {
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::session_delete_all, {{"user_id", principal.user.id}});
    record_by(tx, principal, caller, "session.ended_everywhere");
  });
}

Outcome<StartedSession> SignIn::change_password(const Principal& principal, std::string_view current,
                                                std::string_view wanted, const Caller& caller) {
  if (auto checked = check_new_password(wanted, principal.user.email); !checked)
    return tl::make_unexpected(checked.error());
  const auto candidate = find_candidate(principal.user.email, caller);
  if (!candidate) return tl::make_unexpected(candidate.error());
  const auto verified = hasher_.verify(candidate->hash, current);
  if (!verified) return tl::make_unexpected(verified.error());
  if (!*verified) {
    record_refused(*candidate, caller, "user.password_changed");
    return refuse(Refusal::Reason::wrong_credentials);
  }
  if (wanted == current) return refuse(Refusal::Reason::password_unchanged);
  const auto hash = hasher_.hash(wanted);
  if (!hash) return tl::make_unexpected(hash.error());
  const Timestamp now = clock_.now();
  return database_.write([&](storage::Transaction& tx) -> Outcome<StartedSession> {
    // It may have been changed elsewhere while it was verified.
    if (tx.run(sql::sign_in_lock_user, {{"user_id", principal.user.id}, {"password_hash", *candidate->hash}}).empty())
      return refuse(Refusal::Reason::wrong_credentials);
    forget_attempts(tx, principal.user.email, caller);
    if (auto set = set_password(tx, principal.user.id, *hash, now); !set) return tl::make_unexpected(set.error());
    StartedSession started = insert_session(tx, principal.user.id, caller, now);
    record_by(tx, started.principal, caller, "user.password_changed");
    return started;
  });
}

std::vector<SessionInfo> SignIn::sessions(UserId user) {
  const Timestamp now = clock_.now();
  return database_.read([&](storage::Transaction& tx) {
    std::vector<SessionInfo> list;
    for (const storage::Row row :
         tx.run(sql::session_list, {{"user_id", user}, {"now", now}, {"seen_after", now - limits_.idle_max}}))
      list.push_back({row.get<SessionId>("session_id"), row.get<std::string>("address"),
                      row.get<std::string>("user_agent"), row.get<Timestamp>("created_at"),
                      row.get<Timestamp>("last_seen_at")});
    return list;
  });
}

std::vector<std::optional<Lapse>> SignIn::lapses(std::span<const Proof> proofs) {
  return database_.read(
      [&](storage::Transaction& tx) { return access::lapses(tx, proofs, clock_.now(), limits_.idle_max); });
}

void SignIn::record_refused(const Candidate& candidate, const Caller& caller, std::string action) {
  // What was typed as the email of an unknown account stays out: it may be a password in the wrong field.
  const AuditEntry entry{.user = candidate.user,
                         .actor = candidate.name,
                         .action = std::move(action),
                         .result = AuditEntry::Result::refused,
                         .request_id = caller.request_id,
                         .address = caller.address};
  database_.write([&](storage::Transaction& tx) { record(tx, entry, clock_.now()); });
}

void SignIn::record_by(storage::Transaction& tx, const Principal& principal, const Caller& caller, std::string action) {
  record(tx, audit_entry(principal, caller, std::move(action)), clock_.now());
}

}  // namespace ta::access
