// What a connection's form may say.
#pragma once
#include <string_view>

namespace ta::provider_connections {

// 8-4-4-4-12 hex digits in lower case.
bool is_guid(std::string_view text);
// https://host[:port], or http:// for this machine only (a simulator): no path, no user, no query.
bool is_endpoint(std::string_view url);

}  // namespace ta::provider_connections
