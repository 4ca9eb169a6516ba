// Toasts that outlive a redirect: one short-lived cookie, shown once. It holds words for the person who has it, no
// secrets.
#pragma once
#include <vector>

#include "http/message.h"
#include "web/shell.h"

namespace ta::web {

void put_flash(http::Response& response, const Toast& toast);
// The waiting toast, if any; `response` then takes the cookie away. Anything malformed is no toast.
std::vector<Toast> take_flash(const http::Request& request, http::Response& response);

}  // namespace ta::web
