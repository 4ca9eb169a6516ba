// Every feature of the product, one line each.
#pragma once
#include "host/host.h"
#include "provider_connections/provider_connections.h"

namespace ta::cli {

void register_features(Host& host, provider_connections::ConnectionStore& connections,
                       provider_connections::GraphSessions& sessions);

}  // namespace ta::cli
