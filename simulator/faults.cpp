#include "simulator/faults.h"

namespace ta::simulator {
namespace {

bool fits(const Fault& fault, std::string_view tenant, std::string_view method, std::string_view path) {
  if (path.starts_with('/') && fault.path_contains.empty()) return false;  // sign-in
  return (fault.tenant.empty() || fault.tenant == tenant) && (fault.method.empty() || fault.method == method) &&
         path.find(fault.path_contains) != path.npos;
}

std::optional<int> optional_int(const json::value& value, std::string_view key) {
  const json::value* member = json_find(value, key);
  if (!member || !member->is_int64()) return std::nullopt;
  return static_cast<int>(member->get_int64());
}

constexpr std::array<std::string_view, 12> kMembers{"tenant",      "path_contains", "method",     "status",
                                                    "code",        "message",       "id",         "retry_after_seconds",
                                                    "probability", "count",         "latency_ms", "cut_after_bytes"};

Result<void> check_names(const json::object& object) {
  for (const auto& member : object) {
    const std::string_view name(member.key());
    if (name != "drop" && std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end())
      return fail(FailureCode::run_invalid_input, fmt::format("a fault has no member \"{}\"", name));
  }
  return {};
}

double probability_of(const json::value& value) {
  const json::value* member = json_find(value, "probability");
  return member && member->is_number() ? member->to_number<double>() : 1.0;
}

}  // namespace

Result<Fault> fault_from_json(const json::value& value) {
  if (!value.is_object()) return fail(FailureCode::run_invalid_input, "a fault is a JSON object");
  if (auto known = check_names(value.get_object()); !known) return tl::make_unexpected(known.error());
  Fault fault{.tenant = json_string(value, "tenant"),
              .path_contains = json_string(value, "path_contains"),
              .method = json_string(value, "method"),
              .status = static_cast<int>(json_int(value, "status")),
              .code = json_string(value, "code"),
              .message = json_string(value, "message"),
              .retry_after_seconds = optional_int(value, "retry_after_seconds"),
              .probability = probability_of(value),
              .count = optional_int(value, "count"),
              .latency = std::chrono::milliseconds(json_int(value, "latency_ms")),
              .drop = json_bool(value, "drop")};
  if (const auto cut = optional_int(value, "cut_after_bytes")) fault.cut_after_bytes = static_cast<std::size_t>(*cut);
  if (fault.status != 0 && (fault.status < 400 || fault.status > 599))
    return fail(FailureCode::run_invalid_input, "status must be 0 or between 400 and 599");
  if (!(fault.probability >= 0 && fault.probability <= 1))
    return fail(FailureCode::run_invalid_input, "probability must be between 0 and 1");
  return fault;
}

json::object to_json(const Fault& fault) {
  json::object object{
      {"id", fault.id},           {"tenant", fault.tenant},           {"path_contains", fault.path_contains},
      {"method", fault.method},   {"status", fault.status},           {"code", fault.code},
      {"message", fault.message}, {"probability", fault.probability}, {"latency_ms", fault.latency.count()},
      {"drop", fault.drop}};
  object["retry_after_seconds"] = fault.retry_after_seconds ? json::value(*fault.retry_after_seconds) : nullptr;
  object["count"] = fault.count ? json::value(*fault.count) : nullptr;
  object["cut_after_bytes"] = fault.cut_after_bytes ? json::value(*fault.cut_after_bytes) : nullptr;
  return object;
}

int FaultPlan::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault.id = ++last_id_;
  faults_.push_back(std::move(fault));
  return last_id_;
}

bool FaultPlan::remove(int id) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(faults_, [id](const Fault& fault) { return fault.id == id; }) > 0;
}

void FaultPlan::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

std::vector<Fault> FaultPlan::list() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

bool FaultPlan::strikes(Fault& fault) {
  if (fault.count && *fault.count <= 0) return false;
  if (fault.probability < 1.0 && static_cast<double>(random_->below(1'000'000)) >= fault.probability * 1e6)
    return false;
  if (fault.count) --*fault.count;
  return true;
}

FaultEffect FaultPlan::take(std::string_view tenant, std::string_view method, std::string_view path) {
  const std::lock_guard lock(mutex_);
  FaultEffect effect;
  for (Fault& fault : faults_) {
    if (!fits(fault, tenant, method, path) || (fault.status != 0 && effect.answer) || !strikes(fault)) continue;
    if (fault.status != 0) effect.answer = fault;
    effect.latency += fault.latency;
    if (fault.cut_after_bytes) effect.cut_after_bytes = fault.cut_after_bytes;
    effect.drop |= fault.drop;
  }
  return effect;
}

}  // namespace ta::simulator
