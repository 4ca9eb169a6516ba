// Graph's error answers, in the wording of the service behind a path.
#pragma once
#include <exception>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "http/message.h"
#include "simulator/entity_sets.h"

namespace ta::simulator {

// Ends the current Graph request; GraphService turns it into the answer.
class GraphError : public std::exception {
 public:
  GraphError(int status_in, std::string code_in, std::string message_in)
      : status(status_in), code(std::move(code_in)), message(std::move(message_in)) {}
  const char* what() const noexcept override { return message.c_str(); }

  int status;
  std::string code;
  std::string message;
  std::optional<int> retry_after_seconds;
  http::Headers headers;  // more of the answer's

  static GraphError bad_request(std::string message) { return {400, "BadRequest", std::move(message)}; }
  static GraphError unknown_segment(std::string_view segment);
  static GraphError not_found(Area area, std::string_view id);
  static GraphError forbidden(const EntitySet& set, bool writing = false);
  static GraphError throttled(std::optional<int> retry_after_seconds);
  // The usual code and sentence of a status.
  static GraphError of_status(int status);
};

// The ids that every answer carries.
struct AnswerIds {
  std::string request_id, client_request_id;
  Timestamp date;
};
std::string http_date(Timestamp time);  // "Fri, 20 Nov 2026 08:41:07 GMT"
AnswerIds answer_ids(const http::Request& request, Random& random, Timestamp now);
void add_graph_headers(http::Response& response, const AnswerIds& ids);

// `wrapped`: the message travels as Intune's JSON inside the message.
http::Response error_response(const GraphError& error, bool wrapped, const AnswerIds& ids);

}  // namespace ta::simulator
