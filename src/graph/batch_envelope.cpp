#include "graph/batch_envelope.h"

namespace ta::graph {
namespace {

json::object part_json(const BatchPart& part) {
  const GraphRequest& request = *part.request;
  const std::string_view url = std::string_view(request.target).substr(version_of(request.target).size());
  json::object out{{"id", part.id}, {"method", http::name(request.method)}, {"url", url}};
  json::object headers;
  for (const auto& [name, value] : request.headers) headers[name] = value;
  if (request.body) {
    headers["Content-Type"] = "application/json";
    out["body"] = *request.body;
  }
  if (!headers.empty()) out["headers"] = std::move(headers);
  if (!part.depends_on.empty()) out["dependsOn"] = json::value_from(part.depends_on);
  return out;
}

std::string id_text(const json::value& part) {
  const json::value* const id = json_find(part, "id");
  return id && id->is_int64() ? std::to_string(id->get_int64()) : json_string(part, "id");
}

std::string header_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) return fmt::format("{}", value.get_double());  // serialize() writes 8.5E0
  return value.is_primitive() ? json::serialize(value) : std::string();
}

std::optional<GraphAnswer> part_answer(json::object& part) {
  GraphAnswer out{static_cast<int>(json_int(part, "status")), {}, json::object{}};
  if (out.status < 100 || out.status > 599) return std::nullopt;
  if (const json::value* const headers = part.if_contains("headers"); headers && headers->is_object())
    for (const auto& member : headers->get_object()) out.headers.add(member.key(), header_text(member.value()));
  if (json::value* const body = part.if_contains("body"); body && !body->is_null()) out.body = std::move(*body);
  return out;
}

}  // namespace

std::string_view version_of(std::string_view target) { return target.substr(0, target.find('/', 1)); }

json::object batch_body(std::span<const BatchPart> parts) {
  json::array requests;
  for (const BatchPart& part : parts) requests.push_back(part_json(part));
  return {{"requests", std::move(requests)}};
}

Result<std::map<std::string, GraphAnswer>> read_batch(json::value body) {
  json::value* const list = body.is_object() ? body.get_object().if_contains("responses") : nullptr;
  if (!list || !list->is_array())
    return fail(FailureCode::graph_unavailable, "Graph's answer to a batch has no parts.");
  std::map<std::string, GraphAnswer> answers;
  for (json::value& part : list->get_array()) {
    const std::string id = id_text(part);
    if (id.empty()) continue;
    if (auto answer = part_answer(part.get_object())) answers.try_emplace(id, std::move(*answer));
  }
  return answers;
}

std::size_t size_of(const json::value& value) {
  std::size_t bytes = 2;
  if (value.is_string()) return bytes + value.get_string().size();
  if (value.is_array())
    for (const json::value& item : value.get_array()) bytes += size_of(item) + 1;
  else if (value.is_object())
    for (const auto& member : value.get_object()) bytes += member.key().size() + size_of(member.value()) + 4;
  else
    bytes += 4;
  return bytes;
}

}  // namespace ta::graph
