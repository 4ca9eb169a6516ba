// The one place where the address and the form of a request are checked to be text.
#pragma once
#include "base/time.h"
#include "http/router.h"

namespace ta::web {

// Answers 422 for a path, a query or a form that is not UTF-8 or holds control characters (in forms, tabs and line ends
// are allowed), and names the part: a page for browsers, a problem with request.invalid_text below /api. So no handler
// and no database meets such text. JSON bodies are checked by json_body(). Goes inside failure_middleware().
http::Middleware text_guard(const Clock& clock);

}  // namespace ta::web
