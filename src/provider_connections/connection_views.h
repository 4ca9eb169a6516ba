// What the templates of the connection pages show. Secrets are not among it: they are absent, not masked.
#pragma once
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "provider_connections/compliance_store.h"
#include "provider_connections/connection_forms.h"
#include "web/badges.h"
#include "web/formats.h"
#include "web/start_button.h"

namespace ta::provider_connections {

// One entry of the menu of actions: a link when it opens a page, a form when it posts.
struct ActionView {
  std::string label, icon, href, action, csrf;
  bool allowed = false;
};
BOOST_DESCRIBE_STRUCT(ActionView, (), (label, icon, href, action, csrf, allowed))

// What went wrong at the last check, and what to do now.
struct TroubleView {
  std::string tone, icon, headline, message, next_step, code;
};
BOOST_DESCRIBE_STRUCT(TroubleView, (), (tone, icon, headline, message, next_step, code))

struct ConnectionRow {
  std::int64_t id = 0;
  std::string href, name, entra_tenant_id, trouble;
  bool is_default = false;
  web::Badge status;
  std::optional<web::Badge> health;
  std::optional<web::TimeText> checked;
  std::vector<ActionView> actions;
};
BOOST_DESCRIBE_STRUCT(ConnectionRow, (),
                      (id, href, name, entra_tenant_id, trouble, is_default, status, health, checked, actions))

struct ConnectionsView {
  std::string list_href, create_href;
  bool may_create = false, has_rows = false;
  std::vector<ConnectionRow> rows;
};
BOOST_DESCRIBE_STRUCT(ConnectionsView, (), (list_href, create_href, may_create, has_rows, rows))

struct CredentialView {
  std::string kind, client_id, warning;
  web::TimeText updated;
  std::optional<web::TimeText> expires;
};
BOOST_DESCRIBE_STRUCT(CredentialView, (), (kind, client_id, warning, updated, expires))

// What one part of the product may do with the granted permissions.
struct ModuleView {
  std::string module, missing;
  web::Badge read;
  std::optional<web::Badge> restore;  // none where nothing is ever written
};
BOOST_DESCRIBE_STRUCT(ModuleView, (), (module, missing, read, restore))

// One state of devices in a compliance snapshot. `x` and `width` are percent of the bar.
struct DeviceStateView {
  std::string label, css, x, width, devices;
};
BOOST_DESCRIBE_STRUCT(DeviceStateView, (), (label, css, x, width, devices))

struct SnapshotRow {
  web::TimeText taken;
  std::string compliant, noncompliant, other, run, run_href;
};
BOOST_DESCRIBE_STRUCT(SnapshotRow, (), (taken, compliant, noncompliant, other, run, run_href))

// The latest compliance snapshot, and those before it.
struct ComplianceView {
  std::string sentence;
  std::vector<DeviceStateView> states;
  std::vector<SnapshotRow> history;
};
BOOST_DESCRIBE_STRUCT(ComplianceView, (), (sentence, states, history))

struct ConnectionView {
  ConnectionRow row;
  web::StartButton check;
  std::string list_href, cloud, graph_base, consent_href, rotate_href;
  bool may_manage = false;
  std::optional<TroubleView> trouble;
  std::optional<CredentialView> credential;
  std::vector<ModuleView> modules;
  bool has_modules = false;
  std::string modules_sentence;
  std::vector<std::string> scopes;
  bool has_scopes = false;
  std::optional<ComplianceView> compliance;
};
BOOST_DESCRIBE_STRUCT(ConnectionView, (),
                      (row, check, list_href, cloud, graph_base, consent_href, rotate_href, may_manage, trouble,
                       credential, modules, has_modules, modules_sentence, scopes, has_scopes, compliance))

struct OptionView {
  std::string value, label;
  bool selected = false;
};
BOOST_DESCRIBE_STRUCT(OptionView, (), (value, label, selected))

struct ProblemView {
  std::string field, text;
};
BOOST_DESCRIBE_STRUCT(ProblemView, (), (field, text))

// The forms for a connection and for a credential; a new connection has both in one.
struct ConnectionFormView {
  std::string title, action, csrf, cancel_href, submit, display_name, entra_tenant_id, login_base, graph_base;
  std::string client_id, expires_on;
  bool with_connection = false, with_credential = false, has_problems = false, entra_fixed = false, other_cloud = false;
  bool other_offered = false;
  std::vector<OptionView> clouds, kinds;
  std::vector<ProblemView> problems;
  std::string problem_display_name, problem_entra_tenant_id, problem_graph_base, problem_client_id, problem_secret,
      problem_expires_on;
};
BOOST_DESCRIBE_STRUCT(ConnectionFormView, (),
                      (title, action, csrf, cancel_href, submit, display_name, entra_tenant_id, login_base, graph_base,
                       client_id, expires_on, with_connection, with_credential, has_problems, entra_fixed, other_cloud,
                       other_offered, clouds, kinds, problems, problem_display_name, problem_entra_tenant_id,
                       problem_graph_base, problem_client_id, problem_secret, problem_expires_on))

struct ConfirmView {
  std::string title, text, action, csrf, submit, cancel_href, cancel;
};
BOOST_DESCRIBE_STRUCT(ConfirmView, (), (title, text, action, csrf, submit, cancel_href, cancel))

ConnectionRow connection_row(const ProviderConnection& connection, const web::Viewer& viewer);
ConnectionView connection_view(const ProviderConnection& connection, const std::optional<CredentialInfo>& credential,
                               const web::Viewer& viewer);
// What works with these granted permissions, and which ones are missing; by category of objects.
void add_modules(ConnectionView& view, const std::vector<std::string>& granted);
// Of the newest first; nullopt for none.
std::optional<ComplianceView> compliance_view(const std::vector<ComplianceSnapshot>& snapshots,
                                              const web::Viewer& viewer);
// Fills in what was typed and what was wrong with it.
// `rule`: whether other addresses than Microsoft's are on offer.
void fill(ConnectionFormView& view, const ConnectionForm& form, EndpointRule rule);
void fill(ConnectionFormView& view, const CredentialForm& form);
void add_problem(ConnectionFormView& view, const FieldProblem& problem);

// Where an administrator of the customer's tenant grants what the app asks for; empty without a credential.
std::string consent_url(const ProviderConnection& connection, const std::string& client_id, const std::string& state,
                        const std::string& redirect_uri);

}  // namespace ta::provider_connections
