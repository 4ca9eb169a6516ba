#include "web/settings_pages.h"

#include <charconv>

#include "access/audit.h"
#include "access/input_rules.h"
#include "access/tenants.h"
#include "web/sign_in_pages.h"
#include "web/templates.h"

namespace ta::web {
namespace {

using access::Capability;

struct SettingsView {
  std::string csrf, action;
  std::string keep_days;  // as it is, or as it was typed
  std::string installation_days, most_days;
  std::string problem;  // why what was typed was not accepted
};
BOOST_DESCRIBE_STRUCT(SettingsView, (), (csrf, action, keep_days, installation_days, most_days, problem))

// Empty: no number of its own. An error for what is no number; its range is checked by who keeps it.
tl::expected<std::optional<int>, std::string> read_days(const std::string& text) {
  if (text.empty()) return std::nullopt;
  int days = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (error == std::errc::result_out_of_range) return 0;  // too many: refused like any other number out of range
  if (error != std::errc{} || end != text.data() + text.size())
    return tl::make_unexpected("Enter a whole number of days, or leave it empty.");
  return days;
}

class SettingsPages {
 public:
  SettingsPages(Site& site, int keep_days) : site_(site), keep_days_(keep_days) {}

  http::Response form(http::Request& request, const Viewer& viewer) {
    const auto days = viewer.tenant->tenant.keep_days;
    return show(request, viewer, days ? fmt::to_string(*days) : "", "");
  }

  http::Response save(http::Request& request, const Viewer& viewer) {
    const std::string typed = access::trimmed(request.form().get("keep_days"));
    const auto days = read_days(typed);
    if (!days) return show(request, viewer, typed, days.error());
    const auto saved = site_.database().write([&](storage::Transaction& tx) -> access::Outcome<void> {
      const auto tenant = access::find_tenant(tx, viewer.tenant_id());
      if (!tenant) return access::refuse(access::Refusal::Reason::not_found);
      return access::set_keep_days(tx, *tenant, *days, access::audit_entry(viewer.principal, caller_of(request), ""),
                                   viewer.now);
    });
    if (!saved) return show(request, viewer, typed, saved.error().text());
    return site_.toast(request, {"success", "Settings saved.", "", "", ""}, viewer.path("/settings"));
  }

 private:
  http::Response show(const http::Request& request, const Viewer& viewer, std::string typed, std::string problem) {
    const int status = problem.empty() ? 200 : 422;
    const SettingsView view{viewer.principal.csrf_token, viewer.path("/settings"),      std::move(typed),
                            grouped(keep_days_),         grouped(access::kKeepDaysMax), std::move(problem)};
    return site_.show(request, viewer,
                      {.title = "Settings", .section = "settings", .content = render("web/settings", view)}, status);
  }

  Site& site_;
  const int keep_days_;
};

}  // namespace

void register_settings_pages(Site& site, int keep_days) {
  const auto pages = std::make_shared<SettingsPages>(site, keep_days);
  site.add_nav({"Administer", "settings", "Settings", "settings", "", Capability::settings_manage});
  site.page(http::Method::get, "/t/{tenant}/settings", Capability::settings_manage,
            [pages](auto& request, const Viewer& viewer) { return pages->form(request, viewer); });
  site.page(http::Method::post, "/t/{tenant}/settings", Capability::settings_manage,
            [pages](auto& request, const Viewer& viewer) { return pages->save(request, viewer); });
}

}  // namespace ta::web
