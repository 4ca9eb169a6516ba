#include "web/badges.h"

#include <algorithm>

namespace ta::web {
namespace {

constexpr Badge kUnknown{"unknown", "Unknown", "neutral", "help-circle"};

constexpr Badge kCatalog[] = {
    // Runs.
    {"queued", "Queued", "warning", "clock"},
    {"running", "Running", "info", "loader-2"},
    {"pending", "Pending", "neutral", "clock"},
    {"succeeded", "Succeeded", "success", "circle-check"},
    {"partially_succeeded", "Partially succeeded", "warning", "alert-triangle"},
    {"failed", "Failed", "danger", "circle-x"},
    {"cancelled", "Cancelled", "neutral", "ban"},
    kUnknown,
    // Parts of a run.
    {"created", "Created", "success", "circle-check"},
    {"updated", "Updated", "success", "circle-check"},
    {"deleted", "Deleted", "success", "circle-check"},
    {"unchanged", "Unchanged", "neutral", "check"},
    {"skipped", "Skipped", "neutral", "ban"},
    // Provider connections: status, health.
    {"connected", "Connected", "success", "circle-check"},
    {"needs_consent", "Needs consent", "warning", "alert-triangle"},
    {"error", "Error", "danger", "circle-x"},
    {"disabled", "Disabled", "neutral", "ban"},
    {"alive", "Alive", "success", "circle-check"},
    {"lost", "Lost", "warning", "alert-triangle"},
    {"ok", "OK", "success", "circle-check"},
    {"degraded", "Degraded", "warning", "alert-triangle"},
    {"down", "Down", "danger", "circle-x"},
    // What granted permissions allow.
    {"works", "Works", "success", "circle-check"},
    {"works_partly", "Works in part", "warning", "alert-triangle"},
    {"works_not", "Will not work", "danger", "circle-x"},
    // Findings and checks.
    {"high", "High", "danger", "circle-x"},
    {"medium", "Medium", "warning", "alert-triangle"},
    {"low", "Low", "neutral", "info-circle"},
    {"new", "New", "warning", "alert-triangle"},
    {"acknowledged", "Acknowledged", "neutral", "check"},
    {"blocking", "Blocking", "danger", "circle-x"},
    {"warning", "Warning", "warning", "alert-triangle"},
    {"safe", "Safe", "success", "circle-check"},
    // Inventory.
    {"seen", "Seen", "success", "circle-check"},
    {"gone", "Gone", "warning", "alert-triangle"},
    {"not_read", "Not read", "neutral", "ban"},
    // Roles.
    {"owner", "Owner", "neutral", "user"},
    {"manager", "Manager", "neutral", "user"},
    {"operator", "Operator", "neutral", "user"},
    {"readonly", "Read-only", "neutral", "user"},
};

}  // namespace

std::span<const Badge> badge_catalog() { return kCatalog; }

const Badge& badge(std::string_view value) {
  const auto it = std::ranges::find(kCatalog, value, &Badge::value);
  return it == std::end(kCatalog) ? kUnknown : *it;
}

const Badge& run_badge(std::string_view status, std::string_view outcome) {
  return badge(status == "completed" ? outcome : status);
}

std::string_view tone(Severity severity) {
  switch (severity) {
    case Severity::neutral: return "neutral";
    case Severity::warning: return "warning";
    case Severity::danger: return "danger";
  }
  return "neutral";
}

std::string_view tone_icon(std::string_view tone) {
  if (tone == "success") return "circle-check";
  if (tone == "warning") return "alert-triangle";
  if (tone == "danger") return "circle-x";
  return "info-circle";
}

}  // namespace ta::web
