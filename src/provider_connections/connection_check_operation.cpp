#include "provider_connections/connection_check_operation.h"

#include "graph/graph_client.h"

namespace ta::provider_connections {
namespace {

using runs::SummaryCounts;

struct Finding {
  std::optional<Failure> failure;
  std::vector<std::string> roles;
  std::string organisation;
};

// The organisation's name; a list of exactly one.
std::string organisation_name(const json::value& answer) {
  const json::value* list = answer.is_object() ? answer.get_object().if_contains("value") : nullptr;
  if (!list || !list->is_array() || list->get_array().empty()) return {};
  return json_string(list->get_array().front(), "displayName", "");
}

// An app that nobody consented to gets a token, too, but one without permissions.
std::optional<Failure> without_permissions(const std::vector<std::string>& roles) {
  if (!roles.empty()) return std::nullopt;
  return Failure{FailureCode::provider_consent_missing, "The app was granted no application permission.", {}};
}

Finding look(graph::GraphClient& client, runs::RunContext& context) {
  Finding finding;
  const auto claims = client.claims();
  if (!claims) return {claims.error()};
  context.count(&SummaryCounts::processed);
  context.count(&SummaryCounts::success);
  finding.roles = claims->roles;
  if ((finding.failure = without_permissions(finding.roles))) return finding;
  const auto answer = client.get("/v1.0/organization", {.deadline = context.time_left(), .stop = context.stop_token()});
  context.check_stop();
  context.count(&SummaryCounts::processed);
  if (!answer) {
    finding.failure = answer.error();
    return finding;
  }
  context.count(&SummaryCounts::success);
  finding.organisation = organisation_name(*answer);
  return finding;
}

}  // namespace

void ConnectionCheckInputs::resolve(storage::Transaction& tx, TenantId tenant) {
  if (connection) return;
  if (const auto found = find_default_connection(tx, tenant)) connection = found->id;
}

json::object ConnectionCheckInputs::context() const {
  json::object out;
  if (connection) out["provider_connection_id"] = connection->value;
  return out;
}

runs::Report ConnectionCheckOperation::run(const Inputs& inputs, runs::RunContext& context) {
  if (!inputs.connection)
    return runs::Report::failed({FailureCode::provider_connection_missing, "This tenant has no connection.", {}});
  context.set_total(2);
  const auto client = sessions.open(context.tenant(), *inputs.connection);
  const Finding finding = client ? look(**client, context) : Finding{client.error()};
  ConnectionCheck check = check_from(finding.failure);
  if (client && (!finding.failure || finding.failure->code == FailureCode::provider_consent_missing))
    check.granted_scopes = finding.roles;
  context.write([&](storage::Transaction& tx) {
    // A connection that was deleted meanwhile has no health.
    std::ignore = record_check(tx, context.tenant(), *inputs.connection, check, context.now());
  });
  if (!finding.organisation.empty()) context.set_context("organisation", json::string(finding.organisation));
  context.set_context("granted_permissions", finding.roles.size());
  return finding.failure ? runs::Report::failed(*finding.failure) : runs::Report::done();
}

void register_connection_check(runs::Catalog& catalog, GraphSessions& sessions) {
  runs::add_operation<ConnectionCheckOperation>(catalog,
                                                {.label = "Connection check",
                                                 .capability = "providers.run",
                                                 .expected = std::chrono::seconds{10},
                                                 .deadline = std::chrono::minutes{2},
                                                 .retry_safe = true,
                                                 .attempts_max = 2,
                                                 .unit = "steps"},
                                                [&sessions] { return ConnectionCheckOperation{sessions}; });
}

}  // namespace ta::provider_connections
