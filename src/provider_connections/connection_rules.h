// What a connection's form may say.
#pragma once
#include <optional>
#include <string_view>

#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {

// 8-4-4-4-12 hex digits in lower case.
bool is_guid(std::string_view text);
// https://host[:port], or http:// for this machine only (a simulator): no path, no user, no query; a host that reads
// like an IP address is one, and the port is from 1 to 65535.
bool is_endpoint(std::string_view url);
// Why a connection may not have these addresses; nullopt when it may. What a name leads to is looked at when a request
// is made (http/reach.h).
std::optional<ConnectionRefusal> refusal_of(const Endpoints& endpoints, EndpointRule rule);

// Why this is no client secret; nullopt when it may be one. Those that Entra makes are 32 to 44 random characters. What
// is saved here is removed from the tenant's messages and from the log: words must not be saved as a secret.
std::optional<ConnectionRefusal> refusal_of_client_secret(std::string_view text);

}  // namespace ta::provider_connections
