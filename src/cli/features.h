// Every feature of the product, one line each.
#pragma once
#include "host/host.h"
#include "provider_connections/provider_connections.h"

namespace ta::cli {

// The operation types alone, for commands that read the catalog and execute nothing.
void register_operations(runs::Catalog& catalog, provider_connections::GraphSessions& sessions);
// `keep_days`: how long this installation keeps completed runs, where a tenant has no number of its own.
void register_features(Host& host, provider_connections::ConnectionStore& connections,
                       provider_connections::GraphSessions& sessions, int keep_days);

}  // namespace ta::cli
