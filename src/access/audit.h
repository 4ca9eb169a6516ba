// The audit log: who did what, to what, with which result. Append-only; the database refuses changes.
#pragma once
#include "access/access.h"

namespace ta::access {

// Where a request came from.
struct Caller {
  std::string address;
  std::string user_agent;
  std::string request_id;
};

struct AuditEntry {
  enum class Result { done, refused, failed };
  std::optional<TenantId> tenant;  // none for what concerns no tenant, such as signing in
  std::optional<UserId> user;
  std::string actor;        // the name at that time, or "System", "Command line"
  std::string action;       // stable "thing.verb": "member.added", "session.started"
  std::string target_type;  // "user", "operation_run" …; empty when there is none
  std::string target_id;
  std::string target_name;
  Result result = Result::done;
  json::object detail;  // small; strings in it are sanitised like everything else here
  std::string request_id;
  std::string address;
};

std::string_view name(AuditEntry::Result result);

// An entry by `principal`, to be completed with target and detail.
AuditEntry audit_entry(const Principal& principal, const Caller& caller, std::string action);

// Writes the entry in the caller's transaction: it commits or vanishes with the action. Texts are sanitised first.
void record(storage::Transaction& tx, const AuditEntry& entry, Timestamp now);

struct AuditRecord {
  std::int64_t id;
  Timestamp at;
  AuditEntry entry;
};

struct AuditFilter {
  std::optional<UserId> user;
  std::optional<std::string> action;
  std::optional<AuditEntry::Result> result;
  std::optional<Timestamp> from, until;   // from <= at < until
  std::optional<std::int64_t> before_id;  // the last id of the page before
};

// A tenant's entries, the latest first, at most `limit`.
std::vector<AuditRecord> list_audit(storage::Transaction& tx, TenantId tenant, const AuditFilter& filter, int limit);

}  // namespace ta::access
