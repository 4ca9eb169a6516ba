// Signing in and out, and the sessions in between.
//
// A session's secret goes to the browser once; the database keeps its SHA-256. A session ends after `idle_max` without
// a request, `age_max` after it began, when its user signs out, changes the password, or is disabled.
#pragma once
#include "access/audit.h"
#include "access/passwords.h"
#include "access/proofs.h"
#include "base/random.h"

namespace ta::access {

struct SignInLimits {
  std::chrono::minutes idle_max{12 * 60};
  std::chrono::hours age_max{14 * 24};
  int attempts_per_account_max = 5;    // wrong passwords for one account from one address …
  int attempts_per_address_max = 100;  // … and for all accounts from one address …
  std::chrono::minutes window{5};      // … within this time
};

struct StartedSession {
  std::string secret;  // the cookie's value; never stored, never logged
  Principal principal;
  Timestamp expires_at;
};

struct SessionInfo {
  SessionId id;
  std::string address;
  std::string user_agent;
  Timestamp created_at;
  Timestamp last_seen_at;
};

// Thread-safe; one for the process. What it is given must outlive it.
class SignIn {
 public:
  SignIn(storage::Database& database, const Clock& clock, Random& random, const PasswordHasher& hasher,
         SignInLimits limits = {});

  // Refuses wrong_credentials (also for unknown and disabled users, after the same work), too_many_attempts, busy.
  Outcome<StartedSession> sign_in(std::string_view email, std::string_view password, const Caller& caller);

  // Who a cookie belongs to; nullopt when the session is unknown or over. Counts as a request of the session.
  std::optional<Principal> session(std::string_view secret);

  // Ends the principal's session. Does nothing for an API token.
  void sign_out(const Principal& principal, const Caller& caller);
  // Ends all sessions of the principal's user.
  void sign_out_everywhere(const Principal& principal, const Caller& caller);

  // Ends all sessions of the user, this one too, and starts a new one in its place: what somebody else may hold of this
  // session is worth nothing afterwards. API tokens stay. Refuses wrong_credentials (`current`), too_many_attempts,
  // busy, and a new password that is weak or the old one. Counted with the attempts to sign in.
  Outcome<StartedSession> change_password(const Principal& principal, std::string_view current, std::string_view wanted,
                                          const Caller& caller);

  std::vector<SessionInfo> sessions(UserId user);  // the live ones, the latest used first

  // Of each proof, whether it still holds (access/proofs.h). One query. Does not count as a request of a session.
  std::vector<std::optional<Lapse>> lapses(std::span<const Proof> proofs);

 private:
  struct Candidate;

  Outcome<Candidate> find_candidate(const std::string& email, const Caller& caller);
  Outcome<void> count_attempt(storage::Transaction& tx, const std::string& email, const Caller& caller, Timestamp now);
  void forget_attempts(storage::Transaction& tx, const std::string& email, const Caller& caller);
  Outcome<StartedSession> start_session(const Candidate& candidate, const std::string& email, const Caller& caller);
  StartedSession insert_session(storage::Transaction& tx, UserId user, const Caller& caller, Timestamp now);
  void record_refused(const Candidate& candidate, const Caller& caller, std::string action);
  void record_by(storage::Transaction& tx, const Principal& principal, const Caller& caller, std::string action);

  storage::Database& database_;
  const Clock& clock_;
  Random& random_;
  const PasswordHasher& hasher_;
  SignInLimits limits_;
};

}  // namespace ta::access
