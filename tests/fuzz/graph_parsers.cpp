#include "fuzz/graph_parsers.h"

#include <stdexcept>

#include "base/readable_json.h"
#include "base/utf8.h"
#include "graph/batch_envelope.h"
#include "graph/client_certificate.h"
#include "graph/endpoints.h"
#include "graph/errors.h"
#include "graph/paging.h"
#include "graph/token_source.h"

namespace ta::fuzz {
namespace {

constexpr std::string_view kGraph = "https://graph.microsoft.com";
const Timestamp kNow = from_unix_micros(1'795'250'467'000'000);

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

void check(const Failure& failure) {
  require(failure.message.size() <= 1000, "a message is bounded");
  require(!failure.retry_after || failure.retry_after->count() >= 0, "nobody waits for the past");
}

void error_body(std::string_view text) {
  for (const int status : {400, 403, 429, 503}) {
    const http::ClientResponse response{.status = status, .body = std::string(text)};
    check(graph::graph_failure(response, kNow));
    check(graph::token_failure(response, kNow));
  }
}

void batch_answer(std::string_view text) {
  auto body = parse_json(text);
  if (!body) return;
  const auto answers = graph::read_batch(std::move(*body));
  if (!answers) return check(answers.error());
  for (const auto& [id, answer] : *answers) {
    require(!id.empty() && answer.status >= 100 && answer.status <= 599, "a part has an id and a status");
    if (answer.status >= 400) check(graph::graph_failure(answer.status, answer.headers, answer.body, kNow));
  }
}

void next_link(std::string_view text) {
  const auto target = graph::next_target(kGraph, text);
  if (!target) return check(target.error());
  require(target->starts_with('/'), "a target is a path");
  require(graph::origin_of(std::string(kGraph) + *target) == kGraph, "the host stays what it is");
  require(target->find_first_of(" \r\n") == std::string::npos, "one line of a request");
}

void retry_after(std::string_view text) {
  http::Headers headers;
  headers.add("Retry-After", std::string(text.substr(0, text.find('\n'))));
  if (const auto date = text.find('\n'); date != text.npos) headers.add("Date", std::string(text.substr(date + 1)));
  const auto wait = graph::retry_after(headers, kNow);
  require(!wait || wait->count() >= 0, "nobody waits for the past");
  std::ignore = graph::clock_skew(headers, kNow);
}

void claims(std::string_view text) {
  if (const auto read = graph::read_claims(text))
    for (const std::string& role : read->roles) require(role.size() <= text.size(), "roles come from the token");
}

// What Graph sends is repaired as far as it can be; what is kept of it is text that every database stores.
void readable(std::string_view text) {
  if (const auto read = parse_readable_json(text)) {
    const std::string kept = json::serialize(*read);
    require(readable_json(kept) == kept, "nothing is left to repair");
    require(parse_json(kept).has_value(), "what was read is JSON");
  }
  const std::string clean = clean_text(text);
  require(is_utf8(clean) && clean.find('\0') == clean.npos, "clean text can be stored");
  require(is_utf8(fold_case(text)) && fold_case(fold_case(text)) == fold_case(text), "folded text stays folded");
  for (std::size_t limit = 0; limit < 20; ++limit) {
    const std::string_view cut = cut_utf8(clean, limit);
    require(cut.size() <= limit && clean.starts_with(cut) && is_utf8(cut), "text is cut between characters");
  }
}

void certificate(std::string_view text) { std::ignore = graph::ClientCertificate::parse(text); }

}  // namespace

void read_as_graph(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  switch (input.front()) {
    case 'E': return error_body(rest);
    case 'B': return batch_answer(rest);
    case 'N': return next_link(rest);
    case 'R': return retry_after(rest);
    case 'J': return claims(rest);
    case 'T': return readable(rest);
    case 'C': return certificate(rest);
    default: return;
  }
}

}  // namespace ta::fuzz
