// Multi Admin Approval: writes to protected workloads wait until another administrator has agreed.
//
// A write without the header x-msft-approval-justification (base64) answers 400 and names it. With it the write becomes
// a request in deviceManagement/operationApprovalRequests and answers "ApprovalRequired" with x-msft-approval-code, the
// request's id. Once that is approved, the identical write with the code in x-msft-approval-code is carried out.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "simulator/write_call.h"

namespace ta::simulator {

// "app", "script", "role", "compliancePolicy", "configurationPolicy", "tenantConfiguration"; empty: never protected.
std::string_view workload_of(const EntitySet& set);

// Safe to use from several threads.
class ApprovalGate {
 public:
  static constexpr std::chrono::hours kRequestLife{72};

  // Replaces what is protected in the tenant; `status` answers requests for approval: 412 or 403, reports disagree.
  void protect(const std::string& tenant, std::set<std::string, std::less<>> workloads, int status = 412);

  // Throws GraphError when the write must wait. Returns the id of the approved request that allows it, which complete()
  // ends once the write is done; empty when nothing protects the set.
  std::string require(const WriteCall& call);
  void complete(const WriteCall& call, const std::string& id);

  // Requests whose time is over become "expired".
  static void expire(World& world, const Tenant& tenant, Timestamp now);

 private:
  struct Protection {
    std::set<std::string, std::less<>> workloads;
    int status = 412;
  };
  std::optional<Protection> protection(const WriteCall& call) const;
  std::string open(const WriteCall& call, const Protection& by);
  void require_approved(const WriteCall& call, const Protection& by, const std::string& id) const;

  mutable std::mutex mutex_;
  std::map<std::string, Protection, std::less<>> protected_;      // by tenant
  std::map<std::string, std::string, std::less<>> fingerprints_;  // of the write, by request
};

// approve, reject, cancelApproval, cancelMyRequest: actions of one request.
http::Response decide_approval(const WriteCall& call, const std::string& id, std::string_view action);

}  // namespace ta::simulator
