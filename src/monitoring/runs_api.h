// The HTTP API of operation runs and of the caller's notifications (product.md, section 10).
#pragma once
#include "host/host.h"

namespace ta::monitoring {

void register_runs_api(Host& host);

}  // namespace ta::monitoring
