// One run's changes as server-sent events: `event: run` with the run as JSON on every change, `event: end` when it is
// over.
#pragma once
#include "host/host.h"

namespace ta::monitoring {

std::shared_ptr<http::EventSource> run_events(Host& host, TenantId tenant, RunId run);

}  // namespace ta::monitoring
