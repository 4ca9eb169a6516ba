#include "simulator/delegated_scopes.h"

#include <algorithm>

#include "simulator/sign_in_refusal.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kDefaultScope = "/.default";
constexpr std::string_view kOpenId[] = {"openid", "profile", "email", "offline_access"};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void append_word(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

void add_permission(DelegatedScopes& scopes, const App& app, std::string_view name) {
  if (!contains(app.scopes, name)) {
    if (contains(read_permissions(), name) || contains(write_permissions(), name))
      throw SignInRefusal::of(65001, {app.client_id, app.display_name});
    throw SignInRefusal::of(650053, {app.display_name, name});
  }
  append_word(scopes.permissions, name);
}

void add_word(DelegatedScopes& scopes, const App& app, std::string_view word) {
  if (std::find(std::begin(kOpenId), std::end(kOpenId), word) != std::end(kOpenId)) {
    scopes.id_token |= word == "openid";
    scopes.refresh_token |= word == "offline_access";
    append_word(scopes.answered, word);
    return;
  }
  const std::size_t slash = word.starts_with("https://") ? word.rfind('/') : word.npos;
  if (slash != word.npos) scopes.audience = word.substr(0, slash);
  const std::string_view name = slash == word.npos ? word : word.substr(slash + 1);
  if (name != ".default") return add_permission(scopes, app, name);
  for (const std::string& every : app.scopes) add_permission(scopes, app, every);
}

}  // namespace

DelegatedScopes delegated_scopes(const Tenant& tenant, const App& app, std::string_view scope, bool consented) {
  DelegatedScopes scopes;
  for (std::size_t at = 0; at < scope.size();) {
    const std::size_t end = std::min(scope.find(' ', at), scope.size());
    if (end > at) add_word(scopes, app, scope.substr(at, end - at));
    at = end + 1;
  }
  if (scope.empty()) throw SignInRefusal::of(900144, {"scope"});
  if (!consented) throw SignInRefusal::of(65001, {app.client_id, app.display_name});
  if (!scopes.audience.starts_with("https://graph.microsoft"))
    throw SignInRefusal::of(500011, {scopes.audience, tenant.display_name});
  if (scopes.permissions.empty()) scopes.permissions = "User.Read";
  append_word(scopes.answered, scopes.permissions);
  return scopes;
}

std::string_view default_resource(std::string_view scope) {
  if (!scope.ends_with(kDefaultScope) || scope.find(' ') != scope.npos) return {};
  return scope.substr(0, scope.size() - kDefaultScope.size());
}

void require_graph(std::string_view resource, std::string_view base_url, const Tenant& tenant) {
  if (resource.starts_with("https://") || resource == base_url || resource == "00000003-0000-0000-c000-000000000000")
    return;
  throw SignInRefusal::of(500011, {resource, tenant.display_name});
}

}  // namespace ta::simulator
