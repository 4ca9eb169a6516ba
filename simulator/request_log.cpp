#include "simulator/request_log.h"

namespace ta::simulator {
namespace {

json::object to_json(const RecordedRequest& request) {
  return {{"time", to_rfc3339(request.time)},
          {"tenant", request.tenant},
          {"app", request.app},
          {"method", request.method},
          {"path", request.path},
          {"query", request.query},
          {"status", request.status},
          {"client_request_id", request.client_request_id},
          {"batch_part", request.batch_part}};
}

}  // namespace

void RequestLog::record(RecordedRequest request) {
  const std::lock_guard lock(mutex_);
  if (!request.batch_part) {
    ++count_;
    ++by_status_[request.status];
    ++by_tenant_[request.tenant];
  }
  latest_.push_back(std::move(request));
  if (latest_.size() > kKept) latest_.pop_front();
}

void RequestLog::clear() {
  const std::lock_guard lock(mutex_);
  count_ = 0;
  latest_.clear();
  by_status_.clear();
  by_tenant_.clear();
}

std::vector<RecordedRequest> RequestLog::latest() const {
  const std::lock_guard lock(mutex_);
  return {latest_.begin(), latest_.end()};
}

json::object RequestLog::to_json(std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  json::object statuses, tenants;
  for (const auto& [status, count] : by_status_) statuses[std::to_string(status)] = count;
  for (const auto& [tenant, count] : by_tenant_) tenants[tenant] = count;
  json::array requests;
  for (std::size_t i = latest_.size() - std::min(limit, latest_.size()); i < latest_.size(); ++i)
    requests.push_back(simulator::to_json(latest_[i]));
  return {{"count", count_.load()}, {"by_status", statuses}, {"by_tenant", tenants}, {"requests", requests}};
}

}  // namespace ta::simulator
