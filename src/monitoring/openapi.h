// The description of the HTTP API, OpenAPI 3.1, at /api/openapi.json. Written by hand; a test calls every operation in
// it.
#pragma once
#include <string_view>

#include "http/router.h"

namespace ta::monitoring {

std::string_view openapi_document();
void register_openapi(http::Router& router);

}  // namespace ta::monitoring
