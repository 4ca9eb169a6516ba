// Liveness, readiness and metrics, for those who run the server. No sign-in; nothing of any tenant.
#pragma once
#include "host/host.h"

namespace ta::monitoring {

// GET /healthz: 200 while the process answers. GET /readyz: 200 when the database answers, else 503. GET /metrics:
// Prometheus.
void register_health(Host& host);

}  // namespace ta::monitoring
