#include "graph/token_source.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/secrets.h"
#include "graph/errors.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

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
  remember_secret(out.text);
  return out;
}

}  // namespace

// Outlives the source while a request is on its way.
class TokenSource::State : public std::enable_shared_from_this<State> {
 public:
  State(http::Client& client, GraphEndpoints endpoints, AppCredential credential, const Clock& clock)
      : client_(client), endpoints_(std::move(endpoints)), credential_(std::move(credential)), clock_(clock) {
    remember_secret(credential_.client_secret);
  }

  void get(Got got) {
    if (credential_.client_id.empty() || credential_.client_secret.empty())
      return got(
          fail(FailureCode::provider_credential_missing, "The connection has no client id or no client secret."));
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
    request.body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
                               http::url_encode(credential_.client_id), http::url_encode(credential_.client_secret),
                               http::url_encode(endpoints_.scope()));
    client_.send(std::move(request), [self = shared_from_this()](Result<http::ClientResponse> answer) {
      const Timestamp now = self->clock_.now();
      self->arrived(answer ? read_token(*answer, now) : tl::make_unexpected(answer.error()), now);
    });
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
  const auto claims = payload ? parse_json(*payload) : Result<json::value>(tl::make_unexpected(Failure{}));
  if (!claims) return fail(FailureCode::graph_unauthorized, "The access token is not one that can be read.");
  TokenClaims out{json_string(*claims, "tid"), json_string(*claims, "appid", json_string(*claims, "azp")), {}};
  if (const json::value* const roles = json_find(*claims, "roles"); roles && roles->is_array())
    for (const json::value& role : roles->as_array())
      if (role.is_string()) out.roles.emplace_back(role.as_string());
  return out;
}

}  // namespace ta::graph
