// One catalog says how a stored value is shown: label, tone, icon. Views never choose colours.
#pragma once
#include <boost/describe/class.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/failure.h"

namespace ta::web {

// For the partial web/badge.
struct Badge {
  std::string_view value;  // as stored: "partially_succeeded"
  std::string_view label;  // "Partially succeeded"
  std::string_view tone;   // success, warning, info, danger, neutral
  std::string_view icon;
};
BOOST_DESCRIBE_STRUCT(Badge, (), (value, label, tone, icon))

std::span<const Badge> badge_catalog();

// A value the catalog does not know is shown as "Unknown".
const Badge& badge(std::string_view value);

// One badge for a run: its status while it is active, its outcome afterwards.
const Badge& run_badge(std::string_view status, std::string_view outcome);

std::string_view tone(Severity severity);
// The icon that goes with a tone where there is no badge: notes, toasts.
std::string_view tone_icon(std::string_view tone);

}  // namespace ta::web
