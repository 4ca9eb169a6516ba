// Access tokens of one provider connection: cached, renewed ahead of expiry, asked for once however many wait.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/ids.h"
#include "base/time.h"
#include "graph/endpoints.h"
#include "http/client.h"

namespace ta::graph {

// Client credentials of an Entra application: a secret, or a certificate with its key.
struct AppCredential {
  std::string entra_tenant_id;
  std::string client_id;
  std::string client_secret;
  std::string certificate_pem = {};  // goes before the secret
  TenantId tenant = {};              // whose secrets these are, and the tokens
};

// What an access token says about itself. Not verified: we read our own token, Graph is who verifies it.
struct TokenClaims {
  std::string entra_tenant_id;
  std::string app_id;
  std::vector<std::string> roles;  // granted application permissions
};
Result<TokenClaims> read_claims(std::string_view access_token);

// All functions may be called from any thread. The secret and every token are remembered for redact().
class TokenSource {
 public:
  // `client` and `clock` must outlive the source.
  TokenSource(http::Client& client, GraphEndpoints endpoints, AppCredential credential, const Clock& clock);
  ~TokenSource();

  using Got = std::function<void(Result<std::string>)>;
  // `got` is called exactly once: at once on this thread when a token is at hand (a token that expires within five
  // minutes is handed out while a new one is fetched; one within thirty seconds is not), else later on the client's
  // thread. Failures: provider.credential_missing (empty), provider.credential_wrong, auth.token_expired (the
  // credential), provider.consent_missing, provider.tenant_wrong, provider.clock_wrong, graph.unauthorized (refused for
  // another reason), graph.throttled, graph.unavailable, graph.unreachable, graph.tls_failed.
  void get(Got got);
  Result<std::string> get();  // waits

  // Graph refused this token: the next get() fetches another one, unless that has happened already.
  void refuse(std::string_view token);

  const GraphEndpoints& endpoints() const;
  const Clock& clock() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace ta::graph
