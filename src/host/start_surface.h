// The start surface behind every button, API call and command: authorise → ensure → dispatch → confirm, in one
// transaction with its audit entry. Enqueues only; it never touches Microsoft Graph.
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "access/audit.h"
#include "host/host.h"

namespace ta {

struct StartAttempt {
  const access::Principal& principal;
  const access::Caller& caller;
  TenantId tenant;
  std::string_view type;
  json::value inputs;
  std::string_view surface;  // shown on the run: "Inventory", "API", "Command line"
};

// Why nothing was started.
struct StartRefusal {
  enum class Reason { not_found, forbidden, unknown_type, invalid_inputs };
  Reason reason;
  std::string text;  // a sentence for the person
};

using StartResult = tl::expected<runs::Started, StartRefusal>;

StartResult start_operation(Host& host, StartAttempt attempt);

// A button's start: the form's answer is a toast with a way to the run, or why nothing started.
struct PageStart {
  std::string_view type;
  json::value inputs;
  std::string_view surface;
  std::string back;  // the page without script: unless the form names another one of this site as `back`
};
http::Response start_from_page(Host& host, const http::Request& request, const web::Viewer& viewer, PageStart start);

}  // namespace ta
