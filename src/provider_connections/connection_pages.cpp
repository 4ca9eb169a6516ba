#include "provider_connections/connection_pages.h"

#include "base/digest.h"
#include "host/start_surface.h"
#include "provider_connections/connection_rules.h"
#include "provider_connections/connection_views.h"
#include "provider_connections/submitted_forms.h"
#include "web/page_url.h"
#include "web/security.h"
#include "web/sign_in_pages.h"
#include "web/templates.h"

namespace ta::provider_connections {
namespace {

using access::Capability;
using http::Request, http::Response;
using storage::Transaction;
using web::Viewer;

constexpr std::string_view kSection = "connections";
constexpr int kSnapshotsShown = 10;

// What was typed into a form and why it was not accepted.
struct Filled {
  const ConnectionForm* connection = nullptr;
  const CredentialForm* credential = nullptr;
  std::vector<FieldProblem> problems;
};

class ConnectionPages {
 public:
  ConnectionPages(Host& host, const ConnectionStore& store) : host_(host), site_(host.site), store_(store) {}

  Response list(Request& request, const Viewer& viewer) {
    const std::string live = viewer.path("/connections/live");
    return site_.show(request, viewer,
                      {.title = "Connections",
                       .section = std::string(kSection),
                       .content = web::render("provider_connections/connections", list_view(viewer)),
                       .live_url = live,
                       .poll_url = live + "?once=1"});
  }

  Response list_live(Request& request, const Viewer& viewer) {
    return site_.live(request, viewer, [this](const Viewer& reader) {
      web::LiveUpdate update;
      for (const ConnectionRow& row : list_view(reader).rows)
        update.parts.push_back({fmt::format("#connection-{}-state", row.id),
                                web::render("provider_connections/connection_state", row), "outerHTML"});
      return update;
    });
  }

  Response show(Request& request, const Viewer& viewer) {
    const auto view = find_view(request, viewer);
    if (!view) return site_.not_found(request, viewer);
    const std::string live = view->row.href + "/live";
    return site_.show(request, viewer,
                      {.title = view->row.name,
                       .section = std::string(kSection),
                       .content = web::render("provider_connections/connection", *view),
                       .live_url = live,
                       .poll_url = live + "?once=1"});
  }

  Response show_live(Request& request, const Viewer& viewer) {
    const auto id = connection_id(request);
    if (!find(viewer, id)) return site_.not_found(request, viewer);
    return site_.live(request, viewer, [this, id](const Viewer& reader) -> web::LiveUpdate {
      const auto view = view_of(reader, id);
      if (!view) return {.end = true};
      return {.parts = {{"#connection-head", web::render("provider_connections/connection_head", *view)},
                        {"#connection-body", web::render("provider_connections/connection_body", *view)}}};
    });
  }

  Response create_form(Request& request, const Viewer& viewer) { return show_form(request, viewer, new_form(viewer)); }

  Response create(Request& request, const Viewer& viewer) {
    const ConnectionForm form = ConnectionForm::from(request.form());
    const CredentialForm credential = CredentialForm::from(request.form());
    Change change{site_.database(), viewer, web::caller_of(request), store_};
    const auto made = change.create(form, credential);
    if (made)
      return site_.toast(request,
                         {"success", fmt::format("Connection {} added.", form.display_name),
                          "Check it to see what will work.", "", ""},
                         viewer.path(fmt::format("/connections/{}", *made)));
    return show_form(request, viewer, new_form(viewer), {&form, &credential, made.error()});
  }

  Response edit_form(Request& request, const Viewer& viewer) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    const ConnectionForm form = ConnectionForm::of(*found);
    return show_form(request, viewer, changed_form(*found, viewer, "Edit {}", "/edit", "Save"), {&form});
  }

  Response edit(Request& request, const Viewer& viewer) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    ConnectionForm form = ConnectionForm::from(request.form());
    form.entra_tenant_id = found->entra_tenant_id;
    const auto saved = Change{site_.database(), viewer, web::caller_of(request), store_}.edit(found->id, form);
    if (!saved)
      return show_form(request, viewer, changed_form(*found, viewer, "Edit {}", "/edit", "Save"),
                       {&form, nullptr, saved.error()});
    const web::Toast toast =
        *saved ? web::Toast{"warning", "Connection saved.",
                            "Its addresses changed, so the stored credential was forgotten. Enter it again.", "", ""}
               : web::Toast{"success", "Connection saved.", "", "", ""};
    return site_.toast(request, toast, path_of(found->id, viewer));
  }

  Response credential_form(Request& request, const Viewer& viewer) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    CredentialForm form;
    if (const auto info = credential_info(viewer, found->id)) form.client_id = info->client_id;
    return show_form(request, viewer, rotation_form(*found, viewer), {nullptr, &form});
  }

  Response rotate(Request& request, const Viewer& viewer) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    const CredentialForm form = CredentialForm::from(request.form());
    const auto saved = Change{site_.database(), viewer, web::caller_of(request), store_}.rotate(found->id, form);
    if (!saved) return show_form(request, viewer, rotation_form(*found, viewer), {nullptr, &form, saved.error()});
    return site_.toast(request,
                       {"success", "Credential saved.", "Check the connection to see whether it works.", "", ""},
                       path_of(found->id, viewer));
  }

  Response confirm_disable(Request& request, const Viewer& viewer) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    const std::string here = path_of(found->id, viewer);
    const ConfirmView view{
        .title = fmt::format("Disable {}?", found->display_name),
        .text =
            "Nothing will run through it: syncs, checks and schedules that use it fail until it is enabled again. "
            "What was observed stays.",
        .action = here + "/disable",
        .csrf = viewer.principal.csrf_token,
        .submit = "Disable connection",
        .cancel_href = here,
        .cancel = "Keep it enabled"};
    return site_.show(request, viewer,
                      {.title = view.title,
                       .section = std::string(kSection),
                       .content = web::render("provider_connections/confirm", view)});
  }

  // `change` says what is done to a connection and answers with the toast's words.
  Response apply(Request& request, const Viewer& viewer,
                 ConnectionOutcome<std::string> (Change::*change)(ConnectionId)) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    Change changing{site_.database(), viewer, web::caller_of(request), store_};
    const auto said = (changing.*change)(found->id);
    if (!said) return site_.not_found(request, viewer);
    return site_.toast(request, {"success", *said, "", "", ""}, path_of(found->id, viewer));
  }

  Response start(Request& request, const Viewer& viewer, std::string_view type) {
    const auto found = find(viewer, connection_id(request));
    if (!found) return site_.not_found(request, viewer);
    return start_from_page(
        host_, request, viewer,
        {type, json::object{{"connection", found->id.value}}, "Connections", path_of(found->id, viewer)});
  }

  // To Microsoft's consent page, with a state that only this session can have made.
  Response ask_consent(Request& request, const Viewer& viewer) {
    const auto found = find(viewer, connection_id(request));
    const auto info = found ? credential_info(viewer, found->id) : std::nullopt;
    if (!info) return site_.not_found(request, viewer);
    if (refusal_of(found->endpoints, store_.endpoint_rule()))
      return site_.toast(request,
                         {"danger", "There is no consent page to go to.",
                          std::string(text(ConnectionRefusal::endpoint_not_allowed)), "", ""},
                         path_of(found->id, viewer));
    const std::string where = fmt::format("{}.{}", viewer.tenant->tenant.slug, found->id);
    const std::string back =
        fmt::format("{}://{}/consent", request.secure ? "https" : "http", request.headers.get("Host"));
    return http::redirect(consent_url(*found, info->client_id, where + "." + seal(where, viewer), back));
  }

  // Back from Microsoft. What it says is only news for the person: a check finds out what is true.
  Response consent(Request& request, const Viewer& viewer) {
    const std::string state = request.query.get("state");
    const auto dot = state.rfind('.');
    const std::string where = dot == state.npos ? "" : state.substr(0, dot);
    if (where.empty() || !equal_constant_time(state.substr(dot + 1), seal(where, viewer)))
      return site_.not_found(request, viewer);
    const auto slug_end = where.rfind('.');
    const std::string page = fmt::format("/t/{}/connections/{}", where.substr(0, slug_end), where.substr(slug_end + 1));
    if (request.query.get("admin_consent") == "True")
      return site_.toast(request, {"success", "Admin consent was granted.", "Check the connection now.", "", ""}, page);
    return site_.toast(
        request,
        {"danger", "Admin consent was not granted.",
         request.query.get("error") == "permission_denied" || request.query.get("error") == "access_denied"
             ? "Microsoft says that the person who signed in declined or may not consent."
             : "Microsoft did not confirm it. Try again.",
         "", ""},
        page);
  }

 private:
  static ConnectionId connection_id(const Request& request) {
    return ConnectionId(web::id_number(request.params.at("id")).value_or(0));
  }
  static std::string path_of(ConnectionId id, const Viewer& viewer) {
    return viewer.path(fmt::format("/connections/{}", id));
  }
  static std::string seal(const std::string& where, const Viewer& viewer) {
    return sha256_hex(fmt::format("consent\n{}\n{}", where, viewer.principal.csrf_token));
  }

  std::optional<ProviderConnection> find(const Viewer& viewer, ConnectionId id) {
    return host_.database.read([&](Transaction& tx) { return find_connection(tx, viewer.tenant_id(), id); });
  }
  std::optional<CredentialInfo> credential_info(const Viewer& viewer, ConnectionId id) {
    return host_.database.read([&](Transaction& tx) { return find_credential_info(tx, viewer.tenant_id(), id); });
  }
  std::optional<ConnectionView> view_of(const Viewer& viewer, ConnectionId id) {
    const auto found = find(viewer, id);
    if (!found) return std::nullopt;
    ConnectionView view = connection_view(*found, credential_info(viewer, id), viewer);
    view.compliance = compliance_view(host_.database.read([&](Transaction& tx) {
      return latest_compliance(tx, viewer.tenant_id(), id, kSnapshotsShown);
    }),
                                      viewer);
    return view;
  }
  std::optional<ConnectionView> find_view(const Request& request, const Viewer& viewer) {
    return view_of(viewer, connection_id(request));
  }

  ConnectionsView list_view(const Viewer& viewer) {
    ConnectionsView view{.list_href = viewer.path("/connections"), .create_href = viewer.path("/connections/new")};
    view.may_create = viewer.may(Capability::providers_manage);
    const auto all = host_.database.read([&](Transaction& tx) { return list_connections(tx, viewer.tenant_id()); });
    for (const ProviderConnection& connection : all) view.rows.push_back(connection_row(connection, viewer));
    view.has_rows = !view.rows.empty();
    return view;
  }

  static ConnectionFormView new_form(const Viewer& viewer) {
    return {.title = "Add a connection",
            .action = viewer.path("/connections"),
            .csrf = viewer.principal.csrf_token,
            .cancel_href = viewer.path("/connections"),
            .submit = "Add connection"};
  }
  static ConnectionFormView changed_form(const ProviderConnection& connection, const Viewer& viewer,
                                         std::string_view title, std::string_view action, std::string submit) {
    const std::string here = path_of(connection.id, viewer);
    return {.title = fmt::format(fmt::runtime(title), connection.display_name),
            .action = here + std::string(action),
            .csrf = viewer.principal.csrf_token,
            .cancel_href = here,
            .submit = std::move(submit),
            .entra_fixed = true};
  }
  static ConnectionFormView rotation_form(const ProviderConnection& connection, const Viewer& viewer) {
    return changed_form(connection, viewer, "Rotate the credential of {}", "/credential", "Save credential");
  }

  // A new connection's form has both parts; the others have what `filled` brings.
  Response show_form(Request& request, const Viewer& viewer, ConnectionFormView view, const Filled& filled = {}) {
    const bool both = !filled.connection && !filled.credential;
    if (both || filled.connection)
      fill(view, filled.connection ? *filled.connection : ConnectionForm{}, store_.endpoint_rule());
    if (both || filled.credential) fill(view, filled.credential ? *filled.credential : CredentialForm{});
    for (const FieldProblem& problem : filled.problems) add_problem(view, problem);
    return site_.show(request, viewer,
                      {.title = view.title,
                       .section = std::string(kSection),
                       .content = web::render("provider_connections/connection_form", view)},
                      filled.problems.empty() ? 200 : 422);
  }

  Host& host_;
  web::Site& site_;
  const ConnectionStore& store_;
};

}  // namespace

void register_connection_pages(Host& host, const ConnectionStore& store) {
  const auto pages = std::make_shared<ConnectionPages>(host, store);
  host.site.add_nav({"Administer", std::string(kSection), "Connections", "plug-connected", "c"});
  const auto add = [&](http::Method method, std::string_view path, Capability capability, auto handler) {
    host.site.page(method, fmt::format("/t/{{tenant}}/connections{}", path), capability,
                   [pages, handler](Request& r, const Viewer& v) { return handler(*pages, r, v); });
  };
  const auto at = [](Response (ConnectionPages::*handler)(Request&, const Viewer&)) {
    return [handler](ConnectionPages& p, Request& r, const Viewer& v) { return (p.*handler)(r, v); };
  };
  const auto starts = [](std::string_view type) {
    return [type](ConnectionPages& p, Request& r, const Viewer& v) { return p.start(r, v, type); };
  };
  const auto applies = [](ConnectionOutcome<std::string> (Change::*change)(ConnectionId)) {
    return [change](ConnectionPages& p, Request& r, const Viewer& v) { return p.apply(r, v, change); };
  };
  using enum Capability;
  using enum http::Method;
  add(get, "", runs_view, at(&ConnectionPages::list));
  add(get, "/live", runs_view, at(&ConnectionPages::list_live));
  add(get, "/new", providers_manage, at(&ConnectionPages::create_form));
  add(post, "", providers_manage, at(&ConnectionPages::create));
  add(get, "/{id}", runs_view, at(&ConnectionPages::show));
  add(get, "/{id}/live", runs_view, at(&ConnectionPages::show_live));
  add(get, "/{id}/edit", providers_manage, at(&ConnectionPages::edit_form));
  add(post, "/{id}/edit", providers_manage, at(&ConnectionPages::edit));
  add(get, "/{id}/credential", providers_manage, at(&ConnectionPages::credential_form));
  add(post, "/{id}/credential", providers_manage, at(&ConnectionPages::rotate));
  add(get, "/{id}/disable", providers_manage, at(&ConnectionPages::confirm_disable));
  add(post, "/{id}/disable", providers_manage, applies(&Change::disable));
  add(post, "/{id}/enable", providers_manage, applies(&Change::enable));
  add(post, "/{id}/default", providers_manage, applies(&Change::make_default));
  add(get, "/{id}/consent", providers_manage, at(&ConnectionPages::ask_consent));
  add(post, "/{id}/check", providers_run, starts("provider.connection.check"));
  add(post, "/{id}/sync", inventory_sync, starts("inventory.sync"));
  add(post, "/{id}/snapshot", providers_run, starts("compliance.snapshot"));
  host.site.personal_page(get, "/consent", [pages](Request& r, const Viewer& v) { return pages->consent(r, v); });
}

}  // namespace ta::provider_connections
