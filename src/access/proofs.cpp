#include "access/proofs.h"

#include "access/proofs.sql.h"
#include "access/rows.h"

namespace ta::access {
namespace {

template <class Tag>
json::value number_or_null(const std::optional<Id<Tag>>& id) {
  return id ? json::value(id->value) : json::value(nullptr);
}

json::array to_json(std::span<const Proof> proofs) {
  json::array list;
  for (std::size_t i = 0; i < proofs.size(); ++i)
    list.push_back({{"nth", i},
                    {"account", number_or_null(proofs[i].user)},
                    {"session", proofs[i].session.empty() ? json::value(nullptr) : json::value(proofs[i].session)},
                    {"token", number_or_null(proofs[i].token)},
                    {"tenant", number_or_null(proofs[i].tenant)}});
  return list;
}

std::optional<Lapse> token_lapse(const storage::Row& row, Timestamp now) {
  if (row.is_null("found_token") || !row.is_null("revoked_at")) return Lapse::token_revoked;
  const auto expires_at = row.get<std::optional<Timestamp>>("expires_at");
  return expires_at && *expires_at <= now ? std::optional(Lapse::token_expired) : std::nullopt;
}

std::optional<Lapse> right_lapse(const Proof& proof, const storage::Row& row) {
  if (!proof.tenant) return std::nullopt;
  if (row.is_null("role")) return Lapse::not_a_member;
  Principal principal{.token = proof.token};
  if (proof.token) principal.scopes = read_scopes(row);
  const bool allowed = proof.capability && principal.may(read_role(row), *proof.capability);
  return allowed ? std::nullopt : std::optional(Lapse::not_allowed);
}

std::optional<Lapse> lapse_of(const Proof& proof, const storage::Row& row, Timestamp now) {
  if (row.is_null("account")) return Lapse::account_deleted;
  if (!row.is_null("disabled_at")) return Lapse::account_disabled;
  if (!proof.session.empty() && row.is_null("live_session")) return Lapse::session_over;
  if (proof.token)
    if (const auto lapse = token_lapse(row, now)) return lapse;
  return right_lapse(proof, row);
}

}  // namespace

Proof proof_of(const Principal& principal, std::optional<TenantId> tenant, std::optional<Capability> needs) {
  return {principal.user.id, principal.session_hash, principal.token, tenant, needs};
}

std::vector<std::optional<Lapse>> lapses(storage::Transaction& tx, std::span<const Proof> proofs, Timestamp now,
                                         std::chrono::minutes idle_max) {
  std::vector<std::optional<Lapse>> answers(proofs.size(), Lapse::account_deleted);
  if (proofs.empty()) return answers;
  for (const storage::Row row :
       tx.run(sql::proofs_look, {{"proofs", to_json(proofs)}, {"now", now}, {"seen_after", now - idle_max}})) {
    const auto nth = row.get<std::size_t>("nth");
    answers.at(nth) = lapse_of(proofs[nth], row, now);
  }
  return answers;
}

}  // namespace ta::access
