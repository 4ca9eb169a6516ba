#include "graph/token_source.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"
#include "base/readable_json.h"
#include "base/secrets.h"
#include "graph/client_certificate.h"
#include "graph/errors.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kGuidSize = 36;

struct Token {
  std::string text;
  std::chrono::seconds lifetime{0};
};

Result<Token> read_token(const http::ClientResponse& response, Timestamp now) {
  if (response.status != 200) return tl::make_unexpected(token_failure(response, now));
  const auto body = parse_json(response.body);
  Token out;
  if (body) out = {json_string(*body, "access_token"), std::chrono::seconds(json_int(*body, "expires_in", 0))};
  if (out.text.empty() || out.lifetime <= 0s)
    return fail(FailureCode::graph_unavailable, "The sign-in service's answer holds no token.");
  return out;
}

}  // namespace

// Outlives the source while a request is on its way.
class TokenSource::State : public std::enable_shared_from_this<State> {
 public:
  State(http::Client& client, GraphEndpoints endpoints, AppCredential credential, const Clock& clock)
      : client_(client), endpoints_(std::move(endpoints)), credential_(std::move(credential)), clock_(clock) {
    remember_secret(credential_.client_secret, credential_.tenant);
    remember_secret(credential_.certificate_pem, credential_.tenant);
    if (!credential_.certificate_pem.empty()) certificate_ = ClientCertificate::parse(credential_.certificate_pem);
  }

  void get(Got got) {
    if (credential_.client_id.empty() || (credential_.client_secret.empty() && !certificate_))
      return got(
          fail(FailureCode::provider_credential_missing, "The connection has no client id or no client secret."));
    if (certificate_ && !*certificate_) return got(tl::make_unexpected(certificate_->error()));
    if (certificate_ && (*certificate_)->expires_at() <= clock_.now())
      return got(fail(FailureCode::auth_token_expired,
                      fmt::format("The certificate expired on {}.", to_rfc3339((*certificate_)->expires_at()))));
    std::unique_lock lock(mutex_);
    const Timestamp now = clock_.now();
    const bool usable = !token_.empty() && now < unusable_from_;
    const bool fetch_now = !fetching_ && (!usable || now >= renew_from_);
    if (fetch_now) fetching_ = true;
    const std::string token = token_;
    if (!usable) waiting_.push_back(std::move(got));
    lock.unlock();
    if (fetch_now) fetch();
    if (usable) got(token);
  }

  void refuse(std::string_view token) {
    const std::scoped_lock lock(mutex_);
    if (token_ == token) token_.clear();
  }

  const GraphEndpoints& endpoints() const { return endpoints_; }
  const Clock& clock() const { return clock_; }

 private:
  void fetch() {
    http::ClientRequest request{
        .method = http::Method::post, .url = endpoints_.token_url(credential_.entra_tenant_id), .deadline = 30s};
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.headers.add("Accept", "application/json");
    request.body = fmt::format("grant_type=client_credentials&client_id={}&scope={}&{}",
                               http::url_encode(credential_.client_id), http::url_encode(endpoints_.scope()), proof());
    client_.send(std::move(request), [self = shared_from_this()](Result<http::ClientResponse> answer) {
      const Timestamp now = self->clock_.now();
      auto token = answer ? read_token(*answer, now) : tl::make_unexpected(answer.error());
      if (token) remember_passing_secret(token->text, self->credential_.tenant);
      if (token && self->of_another_tenant(token->text))
        token = fail(FailureCode::provider_tenant_wrong, "The sign-in service gave a token for another tenant.");
      self->arrived(std::move(token), now);
    });
  }

  // What shows that the app is asking: its secret, or a signature made for this one request.
  std::string proof() {
    if (!certificate_) return "client_secret=" + http::url_encode(credential_.client_secret);
    const std::string assertion =
        (*certificate_)
            ->assertion(credential_.client_id, endpoints_.token_url(credential_.entra_tenant_id), clock_.now(),
                        random_);
    return "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
           assertion;
  }

  // Domain names cannot be compared with ids, and tokens need not be readable.
  bool of_another_tenant(std::string_view token) const {
    const auto claims = read_claims(token);
    const std::string& own = credential_.entra_tenant_id;
    return claims && claims->entra_tenant_id.size() == own.size() && own.size() == kGuidSize &&
           claims->entra_tenant_id != own;
  }

  void arrived(Result<Token> token, Timestamp now) {
    std::vector<Got> waiting;
    {
      const std::scoped_lock lock(mutex_);
      fetching_ = false;
      waiting.swap(waiting_);
      if (token) {
        token_ = token->text;
        const Timestamp expiry = now + token->lifetime;
        renew_from_ = expiry - std::min<std::chrono::seconds>(5min, token->lifetime / 2);
        unusable_from_ = expiry - std::min<std::chrono::seconds>(30s, token->lifetime / 10);
      }
    }
    for (const Got& got : waiting) got(token.map([](const Token& t) { return t.text; }));
  }

  http::Client& client_;
  const GraphEndpoints endpoints_;
  const AppCredential credential_;
  const Clock& clock_;
  SecureRandom random_;  // of assertion ids
  std::optional<Result<ClientCertificate>> certificate_;
  std::mutex mutex_;
  std::string token_;
  Timestamp renew_from_{}, unusable_from_{};
  bool fetching_ = false;
  std::vector<Got> waiting_;
};

TokenSource::TokenSource(http::Client& client, GraphEndpoints endpoints, AppCredential credential, const Clock& clock)
    : state_(std::make_shared<State>(client, std::move(endpoints), std::move(credential), clock)) {}
TokenSource::~TokenSource() = default;

void TokenSource::get(Got got) { state_->get(std::move(got)); }

Result<std::string> TokenSource::get() {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  get([promise](Result<std::string> token) { promise->set_value(std::move(token)); });
  return promise->get_future().get();
}

void TokenSource::refuse(std::string_view token) { state_->refuse(token); }

const GraphEndpoints& TokenSource::endpoints() const { return state_->endpoints(); }

const Clock& TokenSource::clock() const { return state_->clock(); }

Result<TokenClaims> read_claims(std::string_view access_token) {
  const auto first = access_token.find('.');
  const auto second = first == access_token.npos ? first : access_token.find('.', first + 1);
  std::optional<std::string> payload;
  if (second != access_token.npos) payload = base64_decode(access_token.substr(first + 1, second - first - 1));
  const auto claims = payload ? parse_readable_json(*payload) : Result<json::value>(tl::make_unexpected(Failure{}));
  if (!claims) return fail(FailureCode::graph_unauthorized, "The access token is not one that can be read.");
  TokenClaims out{json_string(*claims, "tid"), json_string(*claims, "appid", json_string(*claims, "azp")), {}};
  if (const json::value* const roles = json_find(*claims, "roles"); roles && roles->is_array())
    for (const json::value& role : roles->as_array())
      if (role.is_string()) out.roles.emplace_back(role.as_string());
  return out;
}

}  // namespace ta::graph
