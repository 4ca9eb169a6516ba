// What a user-facing app asks for: "openid offline_access https://graph.microsoft.com/Group.Read.All".
#pragma once
#include <string>
#include <string_view>

#include "simulator/world.h"

namespace ta::simulator {

struct DelegatedScopes {
  std::string audience = "https://graph.microsoft.com";
  std::string permissions;  // short names, separated by blanks: the token's "scp"
  std::string answered;     // the answer's "scope"
  bool id_token = false, refresh_token = false;
};

// `consented`: an administrator has agreed to what the app declares. Throws SignInRefusal: no scope, a permission that
// does not exist, or one without consent.
DelegatedScopes delegated_scopes(const Tenant& tenant, const App& app, std::string_view scope, bool consented);

// The resource of one "{resource}/.default" scope; empty when the scope is not of that form.
std::string_view default_resource(std::string_view scope);
// Throws SignInRefusal unless the resource is Microsoft Graph, by address or id, or the simulator's own address.
void require_graph(std::string_view resource, std::string_view base_url, const Tenant& tenant);

}  // namespace ta::simulator
