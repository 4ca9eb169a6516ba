#include "simulator/simulator.h"

#include "base/utf8.h"
#include "simulator/admin.h"
#include "simulator/batch.h"

namespace ta::simulator {
namespace {

std::string base_url_of(const http::Request& request) {
  std::string host(request.headers.get("Host"));
  if (host.empty()) host = "localhost";
  return (request.secure ? "https://" : "http://") + host;
}

std::string query_of(const http::Request& request) {
  const std::size_t mark = request.target.find('?');
  return mark == std::string::npos ? std::string() : request.target.substr(mark + 1);
}

// What cannot be told again in an answer is refused.
void require_text(const http::Request& request) {
  bool text = is_utf8(request.path);
  for (const auto& [name, value] : request.query) text = text && is_utf8(name) && is_utf8(value);
  if (!text) throw GraphError::bad_request("The URL is not valid UTF-8.");
}

bool is_intune(const GraphPath& path) { return path.set && path.set->area == Area::intune; }

GraphError error_of(const Fault& fault) {
  GraphError error = GraphError::of_status(fault.status);
  if (!fault.code.empty()) error.code = fault.code;
  if (!fault.message.empty()) error.message = fault.message;
  error.retry_after_seconds = fault.retry_after_seconds;
  return error;
}

// A fault at the sign-in service looks like its own errors; a code "AADSTS50076" chooses which.
http::Response sign_in_fault(const Fault& fault, const http::Request& request, Random& random, Timestamp now) {
  const int code = SignInRefusal::code_in(fault.code);
  SignInRefusal refusal = SignInRefusal::of(code == 0 ? 90033 : code);
  refusal.status = fault.status;
  if (code == 0 && !fault.code.empty()) refusal.error = fault.code;
  if (!fault.message.empty()) refusal.text = fault.message;
  auto response = refusal_answer(refusal, request, random, now);
  if (fault.retry_after_seconds) response.headers.set("Retry-After", std::to_string(*fault.retry_after_seconds));
  return response;
}

}  // namespace

// One Graph request on its way.
struct Simulator::Call {
  std::string base_url;
  AnswerIds ids;
  GraphPath path;
  Principal principal;
  FaultEffect effect;
  bool batch_part = false;
};

Simulator::Simulator(SimulatorOptions options)
    : clock_(options.clock ? *options.clock : system_clock_),
      admin_(options.admin),
      world_(options.world),
      tokens_(world_, clock_, random_, options.token_lifetime_seconds),
      graph_(world_, clock_, options.page_size_max),
      writer_(world_, clock_, random_),
      faults_(options.world.seed),
      throttle_(options.throttle, clock_),
      latency_ms_(options.latency.count()) {}

http::Response Simulator::handle(http::Request& request) {
  const std::string_view path = request.path;
  if (admin_ && path.starts_with("/_sim/")) return answer_admin(*this, request);
  if (path.starts_with("/v1.0/") || path.starts_with("/beta/")) return graph(request, false);
  return sign_in(request);
}

http::Response Simulator::graph(http::Request& request, bool batch_part) {
  Call call{.base_url = base_url_of(request),
            .ids = answer_ids(request, random_, clock_.now()),
            .path = *parse_graph_path(request.path),
            .batch_part = batch_part};
  http::Response response = graph_answer(request, call);
  deliver(response, call.effect);
  record(request, response, call);
  return response;
}

http::Response Simulator::graph_answer(http::Request& request, Call& call) {
  try {
    http::Response response = by_path(request, call);
    add_graph_headers(response, call.ids);
    return response;
  } catch (const GraphError& error) {
    const bool wrapped = is_intune(call.path) && error.status != 401 && error.status != 429;
    return error_response(error, wrapped, call.ids);
  }
}

http::Response Simulator::by_path(http::Request& request, Call& call) {
  require_text(request);
  auto principal = tokens_.authenticate(request);
  if (!principal) throw GraphError(401, "InvalidAuthenticationToken", principal.error().message);
  call.principal = std::move(*principal);
  const std::string& tenant = call.principal.tenant->id;
  call.effect = faults_.take(tenant, request.method_name, call.path.below_version);
  if (call.effect.answer) throw error_of(*call.effect.answer);
  if (call.path.below_version == "$batch") return batch(request, call);
  require_budget(request, call);
  let_time_pass(call);
  if (request.method == http::Method::get) return graph_.answer(request, call.path, call.principal, call.base_url);
  return writer_.answer(request, call.path, call.principal, call.base_url);
}

// What has ended by itself since somebody last looked.
void Simulator::let_time_pass(const Call& call) {
  const EntitySet* set = call.path.set;
  if (!set) return;
  if (set->path == "deviceManagement/operationApprovalRequests")
    ApprovalGate::expire(world_, *call.principal.tenant, clock_.now());
  if (!set->restores.empty()) empty_recycle_bin(world_, *call.principal.tenant, *set, clock_.now());
}

void Simulator::require_budget(const http::Request& request, const Call& call) {
  const bool access = call.path.set && call.path.set->path.starts_with("identity/conditionalAccess");
  if (!is_intune(call.path) && !access) return;
  const Budget budget = access                                ? Budget::conditional_access
                        : request.method == http::Method::get ? Budget::intune_read
                                                              : Budget::intune_write;
  if (const auto refusal = throttle_.charge(call.principal.tenant->id, call.principal.app_id, budget))
    throw GraphError::throttled(refusal->retry_after_seconds);
}

http::Response Simulator::batch(http::Request& request, Call& call) {
  if (call.batch_part) throw GraphError::bad_request("A batch cannot contain a batch.");
  return answer_batch(request, random_, [this](http::Request& part) { return graph(part, true); });
}

http::Response Simulator::sign_in(http::Request& request) {
  const std::string_view path = request.path;
  const Tenant* tenant = world_.find_tenant(path.substr(1, path.find('/', 1) - 1));
  const std::string tenant_id = tenant ? tenant->id : std::string();
  Call call{.base_url = base_url_of(request)};
  call.principal.tenant = tenant;
  call.effect = faults_.take(tenant_id, request.method_name, path);
  auto answer = call.effect.answer ? sign_in_fault(*call.effect.answer, request, random_, clock_.now())
                                   : tokens_.answer(request, call.base_url);
  http::Response response = answer ? std::move(*answer) : http::text_response(404, "Not found");
  response.headers.set("Date", http_date(clock_.now()));
  deliver(response, call.effect);
  record(request, response, call);
  return response;
}

void Simulator::deliver(http::Response& response, const FaultEffect& effect) const {
  response.delivery.delay =
      std::max(response.delivery.delay, std::chrono::milliseconds(latency_ms_.load())) + effect.latency;
  response.delivery.cut_after_bytes = effect.cut_after_bytes;
  response.delivery.drop = effect.drop;
}

void Simulator::record(const http::Request& request, const http::Response& response, const Call& call) {
  log_.record({.time = clock_.now(),
               .tenant = call.principal.tenant ? call.principal.tenant->id : std::string(),
               .app = call.principal.app_id,
               .method = request.method_name,
               .path = valid_utf8(request.path),
               .query = valid_utf8(query_of(request)),
               .status = response.delivery.drop ? 0 : response.status,
               .client_request_id = valid_utf8(request.headers.get("client-request-id")),
               .batch_part = call.batch_part});
}

}  // namespace ta::simulator
