#include "monitoring/openapi.h"

#include "base/embedded.h"

namespace ta::embedded {
std::span<const File> openapi();
}

namespace ta::monitoring {

std::string_view openapi_document() { return embedded::openapi().front().bytes; }

void register_openapi(http::Router& router) {
  router.add(http::Method::get, "/api/openapi.json", [](http::Request&) {
    return http::text_response(200, std::string(openapi_document()), "application/json");
  });
}

}  // namespace ta::monitoring
