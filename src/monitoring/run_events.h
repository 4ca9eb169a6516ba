// One run's changes as server-sent events: `event: run` with the run as the API shows it on every change, `event: end`
// when it is over. Why it waits changes with others: while it waits it is looked at again after changes of its tenant's
// runs, at the pace of live pages, and said when it is another.
#pragma once
#include "host/host.h"

namespace ta::monitoring {

std::shared_ptr<http::EventSource> run_events(Host& host, TenantId tenant, RunId run);

}  // namespace ta::monitoring
