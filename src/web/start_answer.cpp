#include "web/start_answer.h"

namespace ta::web {

Toast start_toast(const StartAnswer& a) {
  const std::string link = "View run";
  if (a.disposition == "created")
    return {"success", a.label + " queued", "Running in the background.", a.run_href, link};
  if (a.disposition == "joined") return {"info", a.label + " already running", "", a.run_href, link};
  if (a.disposition == "scope_busy")
    return {"warning", a.label + " cannot start", a.other_label + " uses the same connection.", a.run_href, link};
  return {"danger", a.label + " did not start", a.reason, a.run_href, link};
}

Toast refused_toast(std::string_view label, std::string_view reason) {
  return {"danger", fmt::format("{} did not start", label), std::string(reason), "", ""};
}

}  // namespace ta::web
