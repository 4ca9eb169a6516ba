#include "simulator/admin.h"

#include <charconv>

#include "simulator/simulator.h"

namespace ta::simulator {
namespace {

json::object app_json(const App& app) {
  return {{"purpose", app.purpose},     {"display_name", app.display_name},
          {"client_id", app.client_id}, {"client_secret", app.client_secret},
          {"consented", app.consented}, {"roles", json::value_from(app.roles)}};
}

json::object tenant_json(const World& world, const Tenant& tenant) {
  json::array apps;
  for (const App& app : tenant.apps) apps.push_back(app_json(app));
  json::object sets;
  for (const EntitySet& set : entity_sets()) sets[set.path] = world.collection(tenant, set)->items.size();
  return {{"tenant_id", tenant.id},  {"display_name", tenant.display_name},
          {"domain", tenant.domain}, {"apps", std::move(apps)},
          {"sets", std::move(sets)}, {"objects", world.object_count(tenant)}};
}

http::Response world_answer(const World& world) {
  json::array tenants;
  for (const Tenant& tenant : world.tenants()) tenants.push_back(tenant_json(world, tenant));
  return http::json_response(200, json::object{{"tenants", std::move(tenants)}});
}

http::Response failed(const Failure& failure) {
  const int status = failure.code == FailureCode::graph_not_found  ? 404
                     : failure.code == FailureCode::graph_conflict ? 409
                                                                   : 422;
  return http::problem(status, name(failure.code), failure.message);
}

Result<NewObject> new_object(const json::value& body) {
  NewObject object;
  if (const json::value* properties = json_find(body, "body")) {
    if (!properties->is_object()) return fail(FailureCode::run_invalid_input, "body must be an object");
    object.body = properties->get_object();
  }
  const json::value* parts = json_find(body, "parts");
  if (!parts || !parts->is_object()) return object;
  for (const auto& part : parts->get_object()) {
    const bool objects =
        part.value().is_array() && std::all_of(part.value().get_array().begin(), part.value().get_array().end(),
                                               [](const json::value& v) { return v.is_object(); });
    if (!objects) return fail(FailureCode::run_invalid_input, "every part must be an array of objects");
    object.parts[std::string(part.key())] = part.value().get_array();
  }
  return object;
}

Result<std::string> change_world(Simulator& simulator, const json::value& body) {
  auto object = new_object(body);
  if (!object) return tl::make_unexpected(object.error());
  const std::string tenant = json_string(body, "tenant"), set = json_string(body, "set"), id = json_string(body, "id");
  const std::string action = json_string(body, "action");
  if (action == "remove") return simulator.world().remove(tenant, set, id);
  if (action == "change") return simulator.world().change(tenant, set, id, std::move(*object), simulator.clock().now());
  if (action != "add") return fail(FailureCode::run_invalid_input, "action must be add, change or remove");
  if (!id.empty()) object->body["id"] = id;
  return simulator.world().add(tenant, set, std::move(*object));
}

http::Response objects_answer(Simulator& simulator, const json::value& body) {
  const auto id = change_world(simulator, body);
  return id ? http::json_response(200, json::object{{"id", *id}}) : failed(id.error());
}

http::Response add_fault(Simulator& simulator, const json::value& body) {
  auto fault = fault_from_json(body);
  if (!fault) return failed(fault.error());
  if (const Tenant* tenant = simulator.world().find_tenant(fault->tenant)) fault->tenant = tenant->id;
  return http::json_response(201, json::object{{"id", simulator.faults().add(std::move(*fault))}});
}

http::Response remove_faults(Simulator& simulator, const http::Request& request) {
  const std::string text = request.query.get("id");
  if (text.empty()) {
    simulator.faults().clear();
    return http::json_response(200, json::object{});
  }
  int id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  if (!simulator.faults().remove(id)) return http::problem(404, "graph.not_found", "no fault of that id");
  return http::json_response(200, json::object{});
}

http::Response list_faults(Simulator& simulator) {
  json::array faults;
  for (const Fault& fault : simulator.faults().list()) faults.push_back(to_json(fault));
  return http::json_response(200, faults);
}

http::Response set_throttle(Simulator& simulator, const json::value& body) {
  const Tenant* tenant = simulator.world().find_tenant(json_string(body, "tenant"));
  if (!tenant) return http::problem(404, "graph.not_found", "no such tenant");
  const ThrottleLimits usual;
  simulator.throttle().set_limits(
      tenant->id,
      {.enabled = json_bool(body, "enabled", usual.enabled),
       .per_app_and_tenant = static_cast<int>(json_int(body, "per_app_and_tenant", usual.per_app_and_tenant)),
       .per_tenant = static_cast<int>(json_int(body, "per_tenant", usual.per_tenant)),
       .writes_per_app_and_tenant =
           static_cast<int>(json_int(body, "writes_per_app_and_tenant", usual.writes_per_app_and_tenant)),
       .writes_per_tenant = static_cast<int>(json_int(body, "writes_per_tenant", usual.writes_per_tenant)),
       .window = std::chrono::seconds(json_int(body, "window_seconds", usual.window.count())),
       .tells_retry_after = json_bool(body, "tells_retry_after", usual.tells_retry_after),
       .conditional_access_per_second = static_cast<int>(json_int(body, "conditional_access_per_second"))});
  return http::json_response(200, json::object{});
}

// {"tenant","client_id","certificate"?,"redirect_uri"?,"consented"?}
http::Response change_app(Simulator& simulator, const json::value& body) {
  const Tenant* tenant = simulator.world().find_tenant(json_string(body, "tenant"));
  const App* app = tenant ? tenant->find_app(json_string(body, "client_id")) : nullptr;
  if (!app) return http::problem(404, "graph.not_found", "no such tenant or app");
  AppRegistrations& registrations = simulator.tokens().registrations();
  json::object answer;
  if (const std::string pem = json_string(body, "certificate"); !pem.empty()) {
    auto certificate = TrustedCertificate::parse(pem);
    if (!certificate) return failed(certificate.error());
    answer["thumbprint"] = certificate->thumbprint();
    registrations.add_certificate(*app, std::move(*certificate));
  }
  if (std::string address = json_string(body, "redirect_uri"); !address.empty())
    registrations.add_redirect(*app, std::move(address));
  if (json_bool(body, "consented")) registrations.consent(*app);
  return http::json_response(200, answer);
}

// {"lifetime_seconds"?, "expire_all"?}
http::Response change_tokens(Simulator& simulator, const json::value& body) {
  TokenMint& mint = simulator.tokens().mint();
  const std::int64_t seconds = json_int(body, "lifetime_seconds", mint.lifetime_seconds());
  if (seconds < 1 || seconds > 86'400) return http::problem(422, "run.invalid_input", "lifetime_seconds: 1 to 86400");
  mint.set_lifetime(static_cast<int>(seconds));
  if (json_bool(body, "expire_all")) mint.expire_all();
  return http::json_response(200, json::object{});
}

// {"tenant","workloads":[…],"status"?}
http::Response protect(Simulator& simulator, const json::value& body) {
  const Tenant* tenant = simulator.world().find_tenant(json_string(body, "tenant"));
  if (!tenant) return http::problem(404, "graph.not_found", "no such tenant");
  std::set<std::string, std::less<>> workloads;
  if (const json::value* list = json_find(body, "workloads"); list && list->is_array())
    for (const json::value& one : list->get_array())
      if (one.is_string()) workloads.emplace(one.get_string());
  const std::int64_t status = json_int(body, "status", 412);
  if (status != 403 && status != 412) return http::problem(422, "run.invalid_input", "status: 403 or 412");
  simulator.approvals().protect(tenant->id, std::move(workloads), static_cast<int>(status));
  return http::json_response(200, json::object{});
}

http::Response delay_groups(Simulator& simulator, const json::value& body) {
  const std::int64_t seconds = json_int(body, "visible_after_seconds");
  if (seconds < 0 || seconds > 86'400)
    return http::problem(422, "run.invalid_input", "visible_after_seconds: 0 to 86400");
  simulator.writer().delay_groups(std::chrono::seconds(seconds));
  return http::json_response(200, json::object{});
}

http::Response requests_answer(Simulator& simulator, const http::Request& request) {
  const std::string text = request.query.get("limit", "200");
  std::size_t limit = 200;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  return http::json_response(200, simulator.log().to_json(limit));
}

http::Response post(Simulator& simulator, const http::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return failed(body.error());
  if (request.path == "/_sim/objects") return objects_answer(simulator, *body);
  if (request.path == "/_sim/faults") return add_fault(simulator, *body);
  if (request.path == "/_sim/throttle") return set_throttle(simulator, *body);
  if (request.path == "/_sim/apps") return change_app(simulator, *body);
  if (request.path == "/_sim/tokens") return change_tokens(simulator, *body);
  if (request.path == "/_sim/approvals") return protect(simulator, *body);
  if (request.path == "/_sim/groups") return delay_groups(simulator, *body);
  if (request.path == "/_sim/latency") {
    simulator.set_latency(std::chrono::milliseconds(json_int(*body, "latency_ms")));
    return http::json_response(200, json::object{});
  }
  return http::problem(404, "graph.not_found", "no such admin path");
}

}  // namespace

http::Response answer_admin(Simulator& simulator, const http::Request& request) {
  const std::string_view path = request.path;
  if (request.method == http::Method::post) return post(simulator, request);
  if (request.method == http::Method::delete_) {
    if (path == "/_sim/faults") return remove_faults(simulator, request);
    if (path == "/_sim/requests") {
      simulator.log().clear();
      return http::json_response(200, json::object{});
    }
  }
  if (request.method == http::Method::get) {
    if (path == "/_sim/world") return world_answer(simulator.world());
    if (path == "/_sim/faults") return list_faults(simulator);
    if (path == "/_sim/requests") return requests_answer(simulator, request);
  }
  return http::problem(404, "graph.not_found", "no such admin path or method");
}

}  // namespace ta::simulator
