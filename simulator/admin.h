// The admin endpoint below /_sim/: what the world holds, changes to it, faults, recorded requests.
//
//   GET    /_sim/world                     {"tenants":[{"tenant_id","display_name","domain","apps","sets","objects"}]}
//   POST   /_sim/objects                   {"tenant","set","action":"add"|"change"|"remove","id"?,"body"?,"parts"?}
//                                          → {"id"}
//   GET    /_sim/faults · POST · DELETE    [faults] · a fault (faults.h) → {"id"} · removes all, or ?id=N
//   POST   /_sim/throttle                  {"tenant","enabled","per_app_and_tenant","per_tenant","window_seconds",
//                                           "writes_per_app_and_tenant","writes_per_tenant","tells_retry_after",
//                                           "conditional_access_per_second"}
//   POST   /_sim/latency                   {"latency_ms"}
//   POST   /_sim/apps                      {"tenant","client_id","certificate"?,"redirect_uri"?,"consented"?}: what an
//                                          app registration gets → {"thumbprint"?}
//   POST   /_sim/tokens                    {"lifetime_seconds"?,"expire_all"?}
//   POST   /_sim/approvals                 {"tenant","workloads":[…],"status"?}: what needs another administrator's
//                                          approval (approval_gate.h)
//   POST   /_sim/groups                    {"visible_after_seconds"}: when other services know a new group
//   GET    /_sim/requests · DELETE         counters and the latest ?limit=200 requests · forgets them
//
// Secrets of the simulated apps are shown: nothing here is real. Errors are problem+json.
#pragma once
#include "http/message.h"

namespace ta::simulator {

class Simulator;

http::Response answer_admin(Simulator& simulator, const http::Request& request);

}  // namespace ta::simulator
