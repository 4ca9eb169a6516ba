// What the person who pressed a start button is told, the same on every start surface (product.md 2.3).
#pragma once
#include <string>
#include <string_view>

#include "web/shell.h"

namespace ta::web {

struct StartAnswer {
  std::string_view disposition;  // runs::name(): created, joined, scope_busy, dispatch_failed
  std::string label;             // of the operation: "Inventory sync"
  std::string other_label;       // of the run that is in the way, for scope_busy
  std::string run_href;          // of the run, for "View run"
  std::string reason;            // why it did not start, for dispatch_failed
};
Toast start_toast(const StartAnswer& answer);
// The start was refused before there was any run.
Toast refused_toast(std::string_view label, std::string_view reason);

}  // namespace ta::web
