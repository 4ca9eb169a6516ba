#include "web/text_guard.h"

#include "base/utf8.h"
#include "web/security.h"
#include "web/site.h"

namespace ta::web {
namespace {

// What is wrong with the fields, as a sentence; empty when nothing is. `kind` is "parameter" or "field".
std::string problem_of(const http::Fields& fields, std::string_view kind, TextLines lines) {
  for (const auto& [name, value] : fields) {
    if (const std::string problem = text_problem(name, TextLines::one); !problem.empty())
      return fmt::format("The name of a {} {}.", kind, problem);
    if (const std::string problem = text_problem(value, lines); !problem.empty())
      return fmt::format("The {} \"{}\" {}.", kind, name, problem);
  }
  return {};
}

std::string problem_of(const http::Request& request) {
  if (const std::string problem = text_problem(request.path, TextLines::one); !problem.empty())
    return fmt::format("The path of the address {}.", problem);
  if (std::string problem = problem_of(request.query, "parameter", TextLines::one); !problem.empty()) return problem;
  if (is_safe(request.method) || is_api(request)) return {};
  return problem_of(request.form(), "field", TextLines::many);
}

}  // namespace

http::Middleware text_guard(const Clock& clock) {
  return [&clock](http::Request& request, const http::Handler& next) {
    const std::string problem = problem_of(request);
    if (problem.empty()) return next(request);
    if (is_api(request)) return http::problem(422, "request.invalid_text", problem);
    return plain_error(request, 422, "This request cannot be read.", problem + " Remove it and send it again.",
                       clock.now());
  };
}

}  // namespace ta::web
