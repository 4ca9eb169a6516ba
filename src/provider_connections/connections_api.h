// The HTTP API of a tenant's provider connections: what they are and how they do; never their credentials.
#pragma once
#include "host/host.h"

namespace ta::provider_connections {

void register_connections_api(Host& host);

}  // namespace ta::provider_connections
