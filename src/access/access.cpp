#include "access/access.h"

#include "access/access.sql.h"
#include "access/passwords.h"
#include "access/rows.h"

namespace ta::access {
namespace {

std::optional<Role> current_role(storage::Transaction& tx, UserId user, TenantId tenant) {
  const auto rows = tx.run(sql::member_role, {{"tenant_id", tenant}, {"user_id", user}});
  return rows.empty() ? std::nullopt : std::optional(read_role(rows[0]));
}

std::string too_many_attempts_text(std::chrono::seconds retry_after) {
  const auto minutes = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::minutes>(retry_after).count());
  return fmt::format("Too many attempts. Try again in {} min.", minutes);
}

}  // namespace

bool Principal::may(Role role, Capability capability) const {
  const auto carries = [capability](TokenScope scope) { return allows(scope, capability); };
  return allows(role, capability) && (!token || std::any_of(scopes.begin(), scopes.end(), carries));
}

std::string Refusal::text() const {
  switch (reason) {
    case Reason::wrong_credentials: return "Email or password is wrong.";
    case Reason::too_many_attempts: return too_many_attempts_text(retry_after);
    case Reason::busy: return "Too many people are signing in right now. Try again in a moment.";
    case Reason::password_too_short: return fmt::format("A password needs at least {} characters.", kPasswordLengthMin);
    case Reason::password_too_long: return fmt::format("A password may have at most {} bytes.", kPasswordBytesMax);
    case Reason::password_is_email: return "The password must not be the email address.";
    case Reason::password_unchanged: return "The new password is the one you have now. Choose another one.";
    case Reason::email_invalid: return "Enter an email address such as alva@example.com.";
    case Reason::email_taken: return "A user with this email address exists already.";
    case Reason::name_invalid: return "Enter a name of 1 to 200 characters.";
    case Reason::slug_invalid:
      return "A short name has 2 to 40 characters: a-z, 0-9 and -, which may not come first or last.";
    case Reason::slug_taken: return "A tenant with this short name exists already.";
    case Reason::time_zone_invalid: return "Enter a time zone such as Europe/Berlin.";
    case Reason::last_owner: return "A tenant needs at least one Owner.";
    case Reason::already_member: return "This user is a member already.";
    case Reason::not_found: return "It does not exist.";
    case Reason::scopes_invalid: return "Choose at least one scope: read, start or admin.";
    case Reason::expiry_invalid: return "The expiry must be in the future.";
    case Reason::keep_days_invalid: return "Completed operations can be kept for 1 to 36500 days.";
  }
  return {};
}

Decision authorize(storage::Transaction& tx, UserId user, TenantId tenant, Capability capability) {
  const auto role = current_role(tx, user, tenant);
  if (!role) return Decision::not_found;
  return allows(*role, capability) ? Decision::granted : Decision::forbidden;
}

Decision authorize(storage::Transaction& tx, const Principal& principal, TenantId tenant, Capability capability) {
  const auto role = current_role(tx, principal.user.id, tenant);
  if (!role) return Decision::not_found;
  return principal.may(*role, capability) ? Decision::granted : Decision::forbidden;
}

}  // namespace ta::access
