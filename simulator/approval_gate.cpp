#include "simulator/approval_gate.h"

#include "base/digest.h"
#include "simulator/graph_error.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kRequests = "deviceManagement/operationApprovalRequests";
constexpr const char* kCode = "x-msft-approval-code";
constexpr const char* kJustification = "x-msft-approval-justification";

// How a path begins or ends, and its workload.
struct Workload {
  std::string_view part, name;
};
constexpr std::array<Workload, 15> kWorkloads{{{"deviceAppManagement/", "app"},
                                               {"/deviceManagementScripts", "script"},
                                               {"/deviceShellScripts", "script"},
                                               {"/deviceHealthScripts", "script"},
                                               {"/deviceCustomAttributeShellScripts", "script"},
                                               {"/roleDefinitions", "role"},
                                               {"/roleAssignments", "role"},
                                               {"/deviceCompliancePolicies", "compliancePolicy"},
                                               {"/compliancePolicies", "compliancePolicy"},
                                               {"/deviceComplianceScripts", "compliancePolicy"},
                                               {"/deviceConfigurations", "configurationPolicy"},
                                               {"/configurationPolicies", "configurationPolicy"},
                                               {"/groupPolicyConfigurations", "configurationPolicy"},
                                               {"/intents", "configurationPolicy"},
                                               {"/deviceCategories", "tenantConfiguration"}}};

// Identical requests have the same one.
std::string fingerprint(const WriteCall& call) {
  return sha256_hex(fmt::format("{} {}\n{}", call.request.method_name, call.request.target, call.request.body));
}

[[noreturn]] void wait_for(const std::string& id, int status) {
  GraphError error(status, "ApprovalRequired", "The operation needs the approval of another administrator.");
  error.headers.set(kCode, id);
  throw error;
}

json::object identity_of(const Principal& who) {
  const json::object app{{"id", who.app_id}, {"displayName", who.app_name}};
  const json::value user =
      who.user.empty() ? json::value(nullptr) : json::object{{"id", who.user}, {"displayName", who.user}};
  return {{"application", app}, {"device", nullptr}, {"user", user}};
}

ObjectPtr find_request(const World& world, const Tenant& tenant, std::string_view id) {
  const CollectionPtr requests = world.collection(tenant, *find_set(kRequests));
  const auto found = requests->index.find(std::string(id));
  return found == requests->index.end() ? nullptr : requests->items[found->second];
}

void set_status(World& world, const std::string& tenant, const std::string& id, const char* status, Timestamp now,
                json::object more = {}) {
  more["status"] = status;
  std::ignore = world.change(tenant, kRequests, id, {.body = std::move(more), .parts = {}}, now);
}

std::string justification_of(const WriteCall& call) {
  const std::string_view sent = call.request.headers.get(kJustification);
  if (sent.empty())
    throw GraphError::bad_request(fmt::format("Header '{}' is required to request approval", kJustification));
  const auto text = base64_decode(sent);
  if (!text || text->empty())
    throw GraphError::bad_request(fmt::format("Header '{}' is not a valid base64 text", kJustification));
  return *text;
}

json::object new_request(const WriteCall& call, const std::string& id, const std::string& justification) {
  const std::string now = to_rfc3339(call.now);
  const std::string_view workload = workload_of(call.set());
  const bool listed = workload == "app" || workload == "script" || workload == "role";
  return {{"id", id},
          {"requestDateTime", now},
          {"lastModifiedDateTime", now},
          {"expirationDateTime", to_rfc3339(call.now + ApprovalGate::kRequestLife)},
          {"requestor", identity_of(call.who)},
          {"approver", nullptr},
          {"status", "needsApproval"},
          {"requestJustification", justification},
          {"approvalJustification", nullptr},
          {"requiredOperationApprovalPolicyTypes", json::array{json::value(listed ? workload : "unknownFutureValue")}}};
}

}  // namespace

std::string_view workload_of(const EntitySet& set) {
  for (const Workload& workload : kWorkloads)
    if (workload.part.ends_with('/') ? set.path.starts_with(workload.part) : set.path.ends_with(workload.part))
      return workload.name;
  return {};
}

void ApprovalGate::protect(const std::string& tenant, std::set<std::string, std::less<>> workloads, int status) {
  const std::lock_guard lock(mutex_);
  protected_[tenant] = {std::move(workloads), status};
}

std::optional<ApprovalGate::Protection> ApprovalGate::protection(const WriteCall& call) const {
  const std::lock_guard lock(mutex_);
  const auto found = protected_.find(call.tenant());
  if (found == protected_.end() || !found->second.workloads.contains(workload_of(call.set()))) return std::nullopt;
  return found->second;
}

std::string ApprovalGate::require(const WriteCall& call) {
  const auto by = protection(call);
  if (!by) return {};
  expire(call.world, *call.who.tenant, call.now);
  std::string id(call.request.headers.get(kCode));
  if (id.empty()) wait_for(open(call, *by), by->status);
  require_approved(call, *by, id);
  return id;
}

std::string ApprovalGate::open(const WriteCall& call, const Protection&) {
  const std::string justification = justification_of(call), print = fingerprint(call);
  const std::lock_guard lock(mutex_);
  for (const auto& [id, known] : fingerprints_) {
    const ObjectPtr pending = known == print ? find_request(call.world, *call.who.tenant, id) : nullptr;
    if (pending && json_string(pending->body, "status") == "needsApproval")
      throw GraphError(409, "Conflict", "There is a pending approval request for this operation already.");
  }
  const std::string id = call.random.uuid();
  std::ignore = call.world.add(call.tenant(), kRequests, {new_request(call, id, justification), {}});
  fingerprints_[id] = print;
  return id;
}

void ApprovalGate::require_approved(const WriteCall& call, const Protection& by, const std::string& id) const {
  const ObjectPtr request = find_request(call.world, *call.who.tenant, id);
  if (!request) throw GraphError::bad_request(fmt::format("The approval code '{}' is not known.", id));
  const std::string status = json_string(request->body, "status");
  if (status == "needsApproval") wait_for(id, by.status);
  if (status != "approved")
    throw GraphError(403, "Forbidden", fmt::format("The approval request '{}' is {}.", id, status));
  const std::lock_guard lock(mutex_);
  const auto print = fingerprints_.find(id);
  if (print == fingerprints_.end() || print->second != fingerprint(call))
    throw GraphError::bad_request("The operation is not the one that was approved.");
}

void ApprovalGate::complete(const WriteCall& call, const std::string& id) {
  if (!id.empty()) set_status(call.world, call.tenant(), id, "completed", call.now);
}

void ApprovalGate::expire(World& world, const Tenant& tenant, Timestamp now) {
  const CollectionPtr requests = world.collection(tenant, *find_set(kRequests));
  for (const ObjectPtr& request : requests->items) {
    const std::string status = json_string(request->body, "status");
    const auto end = parse_rfc3339(json_string(request->body, "expirationDateTime"));
    if ((status == "needsApproval" || status == "approved") && end && *end <= now)
      set_status(world, tenant.id, request->id, "expired", now);
  }
}

http::Response decide_approval(const WriteCall& call, const std::string& id, std::string_view action) {
  const ObjectPtr request = call.object(id);
  const json::object body = body_of(call.request);
  const std::string status = json_string(request->body, "status");
  const bool own = request->body.at("requestor") == json::value(identity_of(call.who));
  const bool cancels = action == "cancelMyRequest";
  if (own != cancels) throw GraphError(403, "Forbidden", "Another administrator must decide about this request.");
  if (status != (action == "cancelApproval" ? "approved" : "needsApproval"))
    throw GraphError::bad_request(fmt::format("The request is {}.", status));
  const char* next = action == "approve" ? "approved" : action == "reject" ? "rejected" : "cancelled";
  set_status(call.world, call.tenant(), id, next, call.now,
             {{"approver", identity_of(call.who)}, {"approvalJustification", json_string(body, "justification")}});
  return http::json_response(
      200, json::object{{"@odata.context", call.base_url + "/beta/$metadata#Edm.String"}, {"value", next}});
}

}  // namespace ta::simulator
