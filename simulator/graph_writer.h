// Changing Graph: creates, updates, deletes, assignments and actions, as the entity sets declare them.
#pragma once
#include <atomic>
#include "base/random.h"
#include "http/message.h"

#include "simulator/approval_gate.h"
#include "simulator/graph_path.h"
#include "simulator/principal.h"
#include "simulator/world.h"

namespace ta::simulator {

// Safe to use from several threads. Keeps references to everything it is given.
class GraphWriter {
 public:
  GraphWriter(World& world, const Clock& clock, Random& random) : world_(world), clock_(clock), random_(random) {}

  // The answer's status, body and content type. Throws GraphError; nothing has changed then.
  http::Response answer(const http::Request& request, const GraphPath& path, const Principal& principal,
                        const std::string& base_url);

  ApprovalGate& approvals() { return approvals_; }
  // How long other services do not know a group that is created from now on.
  void delay_groups(std::chrono::seconds delay) { group_delay_seconds_ = delay.count(); }

 private:
  ApprovalGate approvals_;
  std::atomic<std::int64_t> group_delay_seconds_{0};
  World& world_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace ta::simulator
