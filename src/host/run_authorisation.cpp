#include "host/run_authorisation.h"

#include "access/proofs.h"

namespace ta {
namespace {

std::string sentence(access::Lapse lapse, const runs::RunOrigin& origin) {
  using enum access::Lapse;
  switch (lapse) {
    case account_deleted: return fmt::format("The account of {} was deleted.", origin.initiator);
    case account_disabled: return fmt::format("The account of {} is disabled.", origin.initiator);
    case token_revoked: return fmt::format("Its API token \"{}\" was revoked.", origin.token);
    case token_expired: return fmt::format("Its API token \"{}\" has expired.", origin.token);
    case not_a_member: return fmt::format("{} is no longer a member of this tenant.", origin.initiator);
    case not_allowed: return fmt::format("The role of {} no longer allows it.", origin.initiator);
    case session_over: break;  // a run does not hang on a session
  }
  return {};
}

}  // namespace

runs::Authorise run_authorisation(storage::Database& database, const runs::Catalog& catalog, const Clock& clock) {
  return [&database, &catalog, &clock](const runs::ClaimedJob& job) -> std::optional<std::string> {
    if (!job.by_person && !job.user) return std::nullopt;
    const auto token = job.token ? std::optional(access::ApiTokenId{*job.token}) : std::nullopt;
    const access::Proof proof{.user = job.user,
                              .session = {},
                              .token = token,
                              .tenant = job.tenant,
                              .capability = access::capability_from(catalog.find(job.type)->definition.capability)};
    return database.read([&](storage::Transaction& tx) -> std::optional<std::string> {
      const auto lapse = access::lapses(tx, {&proof, 1}, clock.now(), {}).front();
      if (!lapse) return std::nullopt;
      return sentence(*lapse, runs::origin_of(tx, job.tenant, job.run));
    });
  };
}

}  // namespace ta
