#include "provider_connections/connection_views.h"

#include "graph/endpoints.h"
#include "http/message.h"

namespace ta::provider_connections {
namespace {

using access::Capability;

constexpr std::chrono::days kExpiresSoon{30};

std::string path_of(const ProviderConnection& connection, const web::Viewer& viewer, std::string_view rest = {}) {
  return viewer.path(fmt::format("/connections/{}{}", connection.id, rest));
}

std::vector<ActionView> actions_of(const ProviderConnection& connection, const web::Viewer& viewer) {
  const bool run = viewer.may(Capability::providers_run), manage = viewer.may(Capability::providers_manage);
  const std::string& csrf = viewer.principal.csrf_token;
  const auto at = [&](std::string_view rest) { return path_of(connection, viewer, rest); };
  std::vector<ActionView> actions{
      {"Check connection", "refresh", "", at("/check"), csrf, run},
      {"Inventory sync", "database", "", at("/sync"), csrf, viewer.may(Capability::inventory_sync)}};
  actions.push_back({"Compliance snapshot", "shield-check", "", at("/snapshot"), csrf, run});
  if (!connection.is_default) actions.push_back({"Set as default", "check", "", at("/default"), csrf, manage});
  actions.push_back({"Edit", "settings", at("/edit"), "", "", manage});
  actions.push_back({"Rotate credential", "lock", at("/credential"), "", "", manage});
  if (connection.status == ConnectionStatus::disabled)
    actions.push_back({"Enable", "circle-check", "", at("/enable"), csrf, manage});
  else
    actions.push_back({"Disable", "ban", at("/disable"), "", "", manage});
  return actions;
}

std::optional<TroubleView> trouble_of(const ProviderConnection& connection) {
  if (connection.last_error_code.empty()) return std::nullopt;
  const auto code = failure_code(connection.last_error_code);
  const FailureInfo& known = info(code.value_or(FailureCode::internal_error));
  const std::string tone(web::tone(known.severity));
  return TroubleView{tone,
                     std::string(web::tone_icon(tone)),
                     std::string(known.headline),
                     connection.last_error_message,
                     std::string(known.next_step),
                     connection.last_error_code};
}

CredentialView credential_view(const CredentialInfo& credential, const web::Viewer& viewer) {
  CredentialView view{credential.kind == CredentialKind::certificate ? "Certificate" : "Client secret",
                      credential.client_id, "", viewer.when(credential.updated_at), std::nullopt};
  if (!credential.expires_at) return view;
  view.expires = viewer.when(*credential.expires_at);
  if (*credential.expires_at <= viewer.now)
    view.warning = "It has expired. Rotate it now.";
  else if (*credential.expires_at <= viewer.now + kExpiresSoon)
    view.warning =
        fmt::format("It expires on {}. Rotate it before then.", web::day_text(*credential.expires_at, viewer.zone));
  return view;
}

std::string cloud_label(const ProviderConnection& connection) {
  const std::string cloud = ConnectionForm::of(connection).cloud;
  for (const graph::Cloud& known : graph::clouds())
    if (known.name == cloud) return std::string(known.label);
  return "Other addresses";
}

}  // namespace

ConnectionRow connection_row(const ProviderConnection& connection, const web::Viewer& viewer) {
  ConnectionRow row{.id = connection.id.value,
                    .href = path_of(connection, viewer),
                    .name = connection.display_name,
                    .entra_tenant_id = connection.entra_tenant_id,
                    .is_default = connection.is_default,
                    .status = web::badge(name(connection.status))};
  if (connection.health) row.health = web::badge(name(*connection.health));
  if (connection.last_checked_at) row.checked = viewer.when(*connection.last_checked_at);
  if (const auto trouble = trouble_of(connection)) row.trouble = trouble->headline + ".";
  row.actions = actions_of(connection, viewer);
  return row;
}

ConnectionView connection_view(const ProviderConnection& connection, const std::optional<CredentialInfo>& credential,
                               const web::Viewer& viewer) {
  ConnectionView view{.row = connection_row(connection, viewer)};
  view.check = web::start_button(viewer, Capability::providers_run, "check", "Check connection",
                                 path_of(connection, viewer, "/check"));
  view.list_href = viewer.path("/connections");
  view.cloud = cloud_label(connection);
  view.graph_base = connection.endpoints.graph_base;
  view.rotate_href = path_of(connection, viewer, "/credential");
  view.may_manage = viewer.may(Capability::providers_manage);
  if (view.may_manage && credential) view.consent_href = path_of(connection, viewer, "/consent");
  view.trouble = trouble_of(connection);
  if (credential) view.credential = credential_view(*credential, viewer);
  view.scopes = connection.granted_scopes;
  std::ranges::sort(view.scopes);
  view.has_scopes = !view.scopes.empty();
  add_modules(view, connection.granted_scopes);
  return view;
}

void fill(ConnectionFormView& view, const ConnectionForm& form, EndpointRule rule) {
  view.with_connection = true;
  view.display_name = form.display_name;
  view.entra_tenant_id = form.entra_tenant_id;
  view.login_base = form.login_base;
  view.graph_base = form.graph_base;
  for (const graph::Cloud& cloud : graph::clouds())
    view.clouds.push_back({std::string(cloud.name), std::string(cloud.label), cloud.name == form.cloud});
  view.other_cloud = form.cloud == "other";
  view.other_offered = view.other_cloud || rule == EndpointRule::custom;
  if (view.other_offered) view.clouds.push_back({"other", "Other addresses (below)", view.other_cloud});
}

void fill(ConnectionFormView& view, const CredentialForm& form) {
  view.with_credential = true;
  view.client_id = form.client_id;
  view.expires_on = form.expires_on;
  view.kinds = {{"client_secret", "Client secret", form.kind != "certificate"},
                {"certificate", "Certificate with its key (PEM)", form.kind == "certificate"}};
}

void add_problem(ConnectionFormView& view, const FieldProblem& problem) {
  view.problems.push_back({problem.field, problem.text});
  view.has_problems = true;
  const std::pair<std::string_view, std::string*> at[] = {{"display_name", &view.problem_display_name},
                                                          {"entra_tenant_id", &view.problem_entra_tenant_id},
                                                          {"graph_base", &view.problem_graph_base},
                                                          {"client_id", &view.problem_client_id},
                                                          {"secret", &view.problem_secret},
                                                          {"expires_on", &view.problem_expires_on}};
  for (const auto& [field, text] : at)
    if (problem.field == field) *text = problem.text;
}

std::string consent_url(const ProviderConnection& connection, const std::string& client_id, const std::string& state,
                        const std::string& redirect_uri) {
  return fmt::format("{}/{}/adminconsent?client_id={}&state={}&redirect_uri={}", connection.endpoints.login_base,
                     connection.entra_tenant_id, http::url_encode(client_id), http::url_encode(state),
                     http::url_encode(redirect_uri));
}

}  // namespace ta::provider_connections
