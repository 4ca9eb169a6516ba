// The pages of a tenant's provider connections: list, one connection, its forms, and the way back from Microsoft's
// consent page. They read the database only; what talks to Microsoft runs as an operation.
#pragma once
#include "host/host.h"

namespace ta::provider_connections {

class ConnectionStore;

// `store` must outlive the site.
void register_connection_pages(Host& host, const ConnectionStore& store);

}  // namespace ta::provider_connections
