#include "simulator/batch.h"

#include <cctype>
#include <set>

#include "simulator/graph_error.h"

namespace ta::simulator {
namespace {

constexpr std::size_t kPartsMax = 20;

struct BatchPart {
  std::string id;
  std::vector<std::string> depends_on;
  http::Request request;
  json::object answer;  // empty until answered
  int status = 0;
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Ids are strings, but existing clients send numbers.
std::string id_text(const json::value* value) {
  if (value && value->is_string()) return std::string(value->get_string());
  if (value && value->is_int64()) return std::to_string(value->get_int64());
  throw GraphError::bad_request("Write request id : null does not match any requests in the batch.");
}

http::Method method_of(std::string_view name) {
  for (const auto method : {http::Method::get, http::Method::head, http::Method::post, http::Method::put,
                            http::Method::patch, http::Method::delete_, http::Method::options})
    if (http::name(method) == name) return method;
  return http::Method::other;
}

http::Request part_request(const http::Request& outer, const json::value& part) {
  http::Request request;
  request.method_name = json_string(part, "method");
  request.method = method_of(request.method_name);
  std::string url = json_string(part, "url");
  if (request.method_name.empty() || url.empty())
    throw GraphError::bad_request("Every part of a batch needs a method and a url.");
  if (!url.starts_with('/')) url.insert(0, "/");
  request.target = outer.path.substr(0, outer.path.find('/', 1)) + url;
  const std::size_t mark = request.target.find('?');
  request.path = http::url_decode(request.target.substr(0, mark));
  if (mark != std::string::npos) request.query = http::Fields::parse(request.target.substr(mark + 1));
  request.secure = outer.secure;
  for (const char* name : {"Host", "Authorization", "client-request-id"})
    if (outer.headers.has(name)) request.headers.set(name, std::string(outer.headers.get(name)));
  if (const json::value* headers = json_find(part, "headers"); headers && headers->is_object())
    for (const auto& member : headers->get_object())
      if (member.value().is_string()) request.headers.set(member.key(), std::string(member.value().get_string()));
  if (const json::value* body = json_find(part, "body")) {
    if (!request.headers.has("Content-Type"))
      throw GraphError::bad_request("A part with a body needs the header Content-Type.");
    request.body = json::serialize(*body);
  }
  return request;
}

std::vector<BatchPart> read_parts(const http::Request& request) {
  if (request.method != http::Method::post) throw GraphError(405, "Request_BadRequest", "A batch is sent with POST.");
  const auto body = parse_json(request.body, {.bytes_max = 4 << 20, .depth_max = 64});
  const json::value* list = body ? json_find(*body, "requests") : nullptr;
  if (!list || !list->is_array()) throw GraphError::bad_request("Invalid batch payload format.");
  if (list->get_array().empty() || list->get_array().size() > kPartsMax)
    throw GraphError::bad_request(
        fmt::format("Number of batch request steps exceeds the maximum value of {}.", kPartsMax));
  std::vector<BatchPart> parts;
  std::set<std::string> ids;
  for (const json::value& one : list->get_array()) {
    BatchPart part{.id = id_text(json_find(one, "id")), .request = part_request(request, one)};
    if (!ids.insert(lower(part.id)).second)
      throw GraphError::bad_request(fmt::format("Request Id {} has to be unique in a batch.", part.id));
    if (const json::value* depends = json_find(one, "dependsOn"); depends && depends->is_array())
      for (const json::value& id : depends->get_array()) part.depends_on.push_back(lower(id_text(&id)));
    parts.push_back(std::move(part));
  }
  return parts;
}

const BatchPart* find_by_id(const std::vector<BatchPart>& parts, const std::string& id) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const BatchPart& p) { return lower(p.id) == id; });
  return found == parts.end() ? nullptr : &*found;
}

json::value part_body(const http::Response& response) {
  if (response.headers.get("Content-Type").find("json") == std::string_view::npos) return json::string(response.body);
  boost::system::error_code error;
  json::value body = json::parse(response.body, error);
  return error ? json::value(nullptr) : body;
}

json::object part_answer(const std::string& id, const http::Response& response) {
  json::object headers;
  for (const auto& [name, value] : response.headers) headers[name] = value;
  return {{"id", id}, {"status", response.status}, {"headers", std::move(headers)}, {"body", part_body(response)}};
}

json::object failed_dependency(const std::string& id) {
  return {{"id", id},
          {"status", 424},
          {"headers", json::object{{"Content-Type", "application/json"}}},
          {"body", json::object{{"error", json::object{{"code", "FailedDependency"},
                                                       {"message", "A request that this one depends on failed."}}}}}};
}

enum class Readiness { waits, failed, ready };

Readiness readiness(const std::vector<BatchPart>& parts, const BatchPart& part) {
  Readiness found = Readiness::ready;
  for (const std::string& id : part.depends_on) {
    const BatchPart* other = find_by_id(parts, id);
    if (!other) throw GraphError::bad_request(fmt::format("dependsOn names an unknown request '{}'.", id));
    if (other->status == 0) return Readiness::waits;
    if (other->status >= 400) found = Readiness::failed;
  }
  return found;
}

void shuffle(json::array& answers, Random& random) {
  for (std::size_t i = answers.size(); i > 1; --i) answers[i - 1].swap(answers[random.below(i)]);
}

}  // namespace

http::Response answer_batch(const http::Request& request, Random& random,
                            const std::function<http::Response(http::Request&)>& answer) {
  std::vector<BatchPart> parts = read_parts(request);
  json::array answers;
  std::chrono::milliseconds slowest{0};
  for (bool progress = true; progress && answers.size() < parts.size();) {
    progress = false;
    for (BatchPart& part : parts) {
      const Readiness state = part.status != 0 ? Readiness::waits : readiness(parts, part);
      if (state == Readiness::waits) continue;
      progress = true;
      http::Response response{.status = 424};
      if (state == Readiness::ready) response = answer(part.request);
      slowest = std::max(slowest, response.delivery.delay);
      part.status = response.status;
      answers.push_back(state == Readiness::ready ? part_answer(part.id, response) : failed_dependency(part.id));
    }
  }
  if (answers.size() < parts.size())
    throw GraphError::bad_request("The parts of the batch depend on each other in a circle.");
  shuffle(answers, random);
  auto response = http::json_response(200, json::object{{"responses", std::move(answers)}});
  response.delivery.delay = slowest;
  return response;
}

}  // namespace ta::simulator
