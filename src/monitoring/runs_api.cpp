#include "monitoring/runs_api.h"

#include "host/api_guard.h"
#include "host/start_surface.h"
#include "monitoring/run_events.h"
#include "monitoring/run_json.h"
#include "monitoring/run_query.h"
#include "web/page_url.h"

namespace ta::monitoring {
namespace {

using access::Capability;
using http::Method;

constexpr int kNotificationsPage = 50;

std::int64_t path_id(const http::Request& request) {
  return web::id_number(request.params.find("id")->second).value_or(0);
}

http::Response invalid(std::string_view text) { return http::problem(422, "run.invalid_input", text); }

http::Response refused(const StartRefusal& refusal) {
  switch (refusal.reason) {
    case StartRefusal::Reason::not_found: return not_found_problem();
    case StartRefusal::Reason::forbidden: return forbidden_problem();
    case StartRefusal::Reason::unknown_type:
    case StartRefusal::Reason::invalid_inputs: break;
  }
  return invalid(refusal.text);
}

http::Response started_response(const Host& host, const ApiCall& call, const runs::Started& started) {
  const json::object run = runs::to_json(started.run);
  if (started.disposition == runs::Disposition::scope_busy)
    return http::problem(409, "scope_busy",
                         fmt::format("{} uses the same connection.", host.catalog.label(started.run.type)),
                         {{"run", run}});
  if (started.disposition == runs::Disposition::dispatch_failed)
    return http::problem(503, name(FailureCode::queue_dispatch_failed), "The operation did not start. Start it again.",
                         {{"run", run}});
  http::Response response = http::json_response(started.disposition == runs::Disposition::created ? 201 : 200,
                                                json::object{{"run", run}, {"disposition", name(started.disposition)}});
  response.headers.set("Location", fmt::format("/api/v1/tenants/{}/runs/{}", call.tenant->slug, started.run.id));
  return response;
}

http::Response start_run(Host& host, const ApiCall& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  for (const auto& member : *body)
    if (member.key() != "type" && member.key() != "inputs")
      return invalid(fmt::format("The member \"{}\" is not known.", std::string_view(member.key())));
  const json::value* type = body->if_contains("type");
  if (!type || !type->is_string()) return invalid("The member \"type\" must be the name of an operation type.");
  const json::value* inputs = body->if_contains("inputs");
  const auto result = start_operation(host, {call.principal, call.caller(), call.tenant->id, type->get_string(),
                                             inputs ? *inputs : json::value(json::object{}), "API"});
  return result ? started_response(host, call, *result) : refused(result.error());
}

http::Response list_runs(Host& host, const ApiCall& call) {
  const auto query = parse_run_query(call.request.query, call.principal.user.id);
  if (!query) return invalid_parameter(query.error());
  const runs::RunPage page = host.reader.list(call.tenant->id, query->filter, query->sort, query->cursor, query->limit);
  std::vector<RunId> active;
  for (const runs::Run& run : page.runs)
    if (run.active()) active.push_back(run.id);
  const auto waits = host.waits.of(call.tenant->id, host.reader.jobs(call.tenant->id, active));
  json::array list;
  for (const runs::Run& run : page.runs) {
    const auto wait = waits.find(run.id);
    list.push_back(run_json(run, wait == waits.end() ? std::nullopt : std::optional(wait->second)));
  }
  const auto cursor = [&](const auto& c) {
    return c ? json::value(runs::to_text(*c, query->sort)) : json::value(nullptr);
  };
  return http::json_response(
      200, json::object{{"runs", list}, {"next_cursor", cursor(page.older)}, {"previous_cursor", cursor(page.newer)}});
}

http::Response show_run(Host& host, const ApiCall& call) {
  const auto detail = host.reader.detail(call.tenant->id, RunId{path_id(call.request)});
  if (!detail) return not_found_problem();
  return http::json_response(200, json::object{{"run", run_json(host, *detail)}});
}

http::Response watch_run(Host& host, const ApiCall& call) {
  const RunId id{path_id(call.request)};
  if (!host.reader.find(call.tenant->id, id)) return not_found_problem();
  http::Response response;
  response.events = run_events(host, call.tenant->id, id);
  return response;
}

json::object to_json(const runs::Notification& note) {
  return {{"id", note.id.value},
          {"tenant", note.tenant_slug},
          {"run_id", note.run_id.value},
          {"kind", note.kind},
          {"outcome", note.outcome},
          {"type", note.type},
          {"title", note.title},
          {"body", note.body},
          {"created_at", to_rfc3339(note.created_at)},
          {"read_at", note.read_at ? json::value(to_rfc3339(*note.read_at)) : json::value(nullptr)}};
}

http::Response list_notifications(Host& host, const ApiCall& call) {
  const http::Fields& query = call.request.query;
  const std::string unread = query.get("unread", "false");
  if (unread != "true" && unread != "false") return invalid_parameter("The parameter unread must be true or false.");
  const auto before = web::id_number(query.get("before"));
  if (query.has("before") && !before) return invalid_parameter("The parameter before must be a notification's id.");
  const UserId me = call.principal.user.id;
  json::array list;
  for (const auto& note : host.reader.notifications(
           me, unread == "true", before ? std::optional(NotificationId{*before}) : std::nullopt, kNotificationsPage))
    list.push_back(to_json(note));
  return http::json_response(200, json::object{{"notifications", list}, {"unread", host.reader.unread_count(me)}});
}

http::Response read_notification(Host& host, const ApiCall& call) {
  const bool found = host.reader.mark_read(call.principal.user.id, NotificationId{path_id(call.request)});
  return found ? http::Response{.status = 204} : not_found_problem();
}

http::Response list_tenants(Host& host, const ApiCall& call) {
  const auto tenants =
      host.database.read([&](storage::Transaction& tx) { return access::list_tenants_of(tx, call.principal.user.id); });
  json::array list;
  for (const access::TenantAccess& one : tenants)
    list.push_back({{"id", one.tenant.id.value},
                    {"slug", one.tenant.slug},
                    {"name", one.tenant.name},
                    {"time_zone", one.tenant.time_zone},
                    {"role", access::name(one.role)}});
  return http::json_response(200, json::object{{"tenants", list}});
}

json::object to_json(const runs::RegisteredType& type) {
  return {{"type", type.name},
          {"label", type.definition.label},
          {"capability", type.definition.capability},
          {"expected_seconds", type.definition.expected.count()},
          {"unit", type.definition.unit}};
}

http::Response list_types(Host& host, const ApiCall&) {
  json::array list;
  for (const runs::RegisteredType* type : host.catalog.all()) list.push_back(to_json(*type));
  return http::json_response(200, json::object{{"types", list}});
}

}  // namespace

void register_runs_api(Host& host) {
  const auto tenant_route = [&](Method method, std::string_view path, Capability capability, auto handler,
                                ApiParameters parameters = {}) {
    const ApiHandler bound = [&host, handler](const ApiCall& call) { return handler(host, call); };
    host.router.add(method, fmt::format("/api/v1/tenants/{{tenant}}{}", path),
                    tenant_api(host, capability, bound, std::move(parameters)));
  };
  const auto own_route = [&](Method method, std::string_view path, auto handler, ApiParameters parameters = {}) {
    const ApiHandler bound = [&host, handler](const ApiCall& call) { return handler(host, call); };
    host.router.add(method, path, signed_in_api(host, bound, std::move(parameters)));
  };
  // start_operation() asks for the capability of the type itself.
  tenant_route(Method::post, "/runs", Capability::runs_view, start_run);
  tenant_route(Method::get, "/runs", Capability::runs_view, list_runs, run_query_parameters());
  tenant_route(Method::get, "/runs/{id}", Capability::runs_view, show_run);
  tenant_route(Method::get, "/runs/{id}/events", Capability::runs_view, watch_run);
  own_route(Method::get, "/api/v1/tenants", list_tenants);
  own_route(Method::get, "/api/v1/operation-types", list_types);
  own_route(Method::get, "/api/v1/notifications", list_notifications, {"before", "unread"});
  own_route(Method::post, "/api/v1/notifications/{id}/read", read_notification);
}

}  // namespace ta::monitoring
