#include "inventory/sync_outcome.h"

#include <algorithm>
#include <map>

namespace ta::inventory {
namespace {

using provider_connections::ConnectionCheck;
using provider_connections::ConnectionHealth;

constexpr std::size_t kNamedMax = 3;
constexpr int kWholeConnection = 3;

// "Scope tag, App and 4 more types"
std::string names_of(const std::vector<TypeFailure>& failures) {
  std::string text;
  const std::size_t named = std::min(failures.size(), failures.size() == kNamedMax + 1 ? kNamedMax + 1 : kNamedMax);
  for (std::size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == failures.size();
    text += fmt::format("{}{}", i == 0 ? "" : last ? " and " : ", ", failures[i].contract->label);
  }
  if (failures.size() > named) text += fmt::format(" and {} more types", failures.size() - named);
  return text;
}

Failure named(const std::vector<TypeFailure>& failures) {
  Failure worst = failures.front().failure;
  worst.message =
      fmt::format("Could not read {}.{}{}", names_of(failures), worst.message.empty() ? "" : " ", worst.message);
  return worst;
}

}  // namespace

int gravity(FailureCode code) {
  using enum FailureCode;
  switch (code) {
    case provider_consent_missing:
    case provider_credential_missing:
    case provider_credential_wrong:
    case provider_tenant_wrong:
    case provider_clock_wrong:
    case graph_unauthorized:
    case graph_tls_failed:
    case auth_token_expired: return kWholeConnection;
    case graph_unreachable:
    case graph_unavailable: return 2;
    default: return 1;
  }
}

void sort_by_gravity(std::vector<TypeFailure>& failures) {
  std::map<int, std::vector<TypeFailure>, std::greater<>> by_gravity;
  for (TypeFailure& one : failures) by_gravity[gravity(one.failure.code)].push_back(std::move(one));
  failures.clear();
  for (auto& [gravity, group] : by_gravity) std::ranges::move(group, std::back_inserter(failures));
}

std::optional<Failure> common_failure(const std::vector<graph::ListOutcome>& outcomes) {
  std::optional<Failure> common;
  for (const graph::ListOutcome& outcome : outcomes) {
    if (!outcome.failure || outcome.objects > 0) return std::nullopt;
    if (common && common->code != outcome.failure->code) return std::nullopt;
    if (!common) common = outcome.failure;
  }
  return common;
}

ConnectionCheck check_from_lists(std::size_t types, std::vector<TypeFailure> failures) {
  if (failures.empty()) return provider_connections::check_from({});
  sort_by_gravity(failures);
  const bool whole = gravity(failures.front().failure.code) == kWholeConnection;
  ConnectionCheck check = provider_connections::check_from(whole ? failures.front().failure : named(failures));
  if (!whole && failures.size() < types) check.health = ConnectionHealth::degraded;
  return check;
}

}  // namespace ta::inventory
