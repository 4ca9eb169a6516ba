// A button that starts an operation; without the right it stays visible, focusable and off, and says why.
#pragma once
#include <boost/describe/class.hpp>
#include <string>

#include "web/viewer.h"

namespace ta::web {

// For the partial web/start_button.
struct StartButton {
  std::string id;      // unique on the page
  std::string label;   // "Sync now"
  std::string action;  // where the form is posted
  std::string csrf;
  bool allowed = false;
};
BOOST_DESCRIBE_STRUCT(StartButton, (), (id, label, action, csrf, allowed))

inline StartButton start_button(const Viewer& viewer, access::Capability capability, std::string id, std::string label,
                                std::string action) {
  return {std::move(id), std::move(label), std::move(action), viewer.principal.csrf_token, viewer.may(capability)};
}

}  // namespace ta::web
