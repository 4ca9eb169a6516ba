#include "provider_connections/connection_views.h"

namespace ta::provider_connections {
namespace {

std::string percent(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole)) : "–";
}

SnapshotRow snapshot_row(const ComplianceSnapshot& snapshot, const web::Viewer& viewer) {
  const DeviceStates& devices = snapshot.devices;
  const std::int64_t good = devices.compliant + devices.remediated;
  return {
      viewer.when(snapshot.taken_at),     fmt::format("{} ({})", web::grouped(good), percent(good, devices.total())),
      web::grouped(devices.noncompliant), web::grouped(devices.total() - good - devices.noncompliant),
      fmt::format("#{}", snapshot.run),   viewer.path(fmt::format("/operations/{}", snapshot.run))};
}

std::vector<DeviceStateView> states_of(const DeviceStates& devices) {
  const std::tuple<const char*, const char*, std::int64_t> parts[] = {
      {"Compliant", "ok", devices.compliant + devices.remediated},
      {"In grace period", "part", devices.in_grace_period},
      {"Not compliant", "bad", devices.noncompliant},
      {"Conflict or error", "bad", devices.conflict + devices.error},
      {"Unknown or not applicable", "none", devices.unknown + devices.not_applicable}};
  const double whole = static_cast<double>(std::max<std::int64_t>(devices.total(), 1));
  std::vector<DeviceStateView> views;
  double x = 0;
  for (const auto& [label, css, count] : parts) {
    const double width = 100.0 * static_cast<double>(count) / whole;
    views.push_back({label, css, fmt::format("{:.2f}", x), fmt::format("{:.2f}", width), web::grouped(count)});
    x += width;
  }
  return views;
}

}  // namespace

std::optional<ComplianceView> compliance_view(const std::vector<ComplianceSnapshot>& snapshots,
                                              const web::Viewer& viewer) {
  if (snapshots.empty()) return std::nullopt;
  const DeviceStates& devices = snapshots.front().devices;
  ComplianceView view{
      .sentence =
          fmt::format("{} of {} were compliant, {}.", web::grouped(devices.compliant + devices.remediated),
                      web::counted(devices.total(), "device", "devices"), viewer.when(snapshots.front().taken_at).text),
      .states = states_of(devices)};
  for (const ComplianceSnapshot& snapshot : snapshots) view.history.push_back(snapshot_row(snapshot, viewer));
  return view;
}

}  // namespace ta::provider_connections
