#include "inventory/inventory_views.h"

#include "graph/capability.h"
#include "graph/contract_registry.h"

namespace ta::inventory {
namespace {

std::string run_text(const std::optional<RunId>& run) { return run ? fmt::format("#{}", *run) : ""; }

std::string run_href(const std::optional<RunId>& run, const web::Viewer& viewer) {
  return run ? viewer.path(fmt::format("/operations/{}", *run)) : "";
}

// A whitelisted property in words: times in the viewer's zone, lists with commas.
std::string value_text(const json::value& value, const web::Viewer& viewer) {
  if (value.is_bool()) return value.get_bool() ? "Yes" : "No";
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const json::value& item : value.get_array()) parts.push_back(value_text(item, viewer));
    return fmt::format("{}", fmt::join(parts, ", "));
  }
  if (!value.is_string()) return json::serialize(value);
  const std::string_view text = value.get_string();
  const auto time = text.size() >= 20 ? parse_rfc3339(text) : std::nullopt;
  return time ? web::full_time(*time, viewer.zone) : std::string(text);
}

// Scope tags are their ids: "2" alone would be read as how many there are.
ItemFact fact_of(std::string_view key, const json::value& value, const web::Viewer& viewer) {
  constexpr std::string_view kNamespace = "#microsoft.graph.";
  std::string text = value_text(value, viewer);
  if (key == "kind" && text.starts_with(kNamespace)) text.erase(0, kNamespace.size());
  return {key == "scope_tags" ? "Scope tag ids" : web::humanised(key), std::move(text)};
}

std::vector<Option> type_options(const std::vector<Facet>& facets, const std::string& chosen) {
  std::map<std::string, std::int64_t> counts;
  for (const Facet& facet : facets) counts[facet.type] += facet.count;
  if (!chosen.empty()) counts.try_emplace(chosen, 0);
  std::vector<Option> options{{"", "All types", chosen.empty()}};
  for (const auto& [type, count] : counts)
    options.push_back({type, fmt::format("{} ({})", type_label(type), web::grouped(count)), type == chosen});
  return options;
}

std::vector<Option> platform_options(const std::vector<Facet>& facets, const std::string& chosen) {
  std::set<std::string> platforms;
  for (const Facet& facet : facets)
    if (!facet.platform.empty()) platforms.insert(facet.platform);
  if (!chosen.empty()) platforms.insert(chosen);
  std::vector<Option> options{{"", "All platforms", chosen.empty()}};
  for (const std::string& platform : platforms)
    options.push_back({platform, platform_label(platform), platform == chosen});
  return options;
}

std::vector<Option> state_options(const std::string& chosen) {
  std::vector<Option> options{{"", "Any state", chosen.empty()}};
  for (const ItemState state : {ItemState::seen, ItemState::gone, ItemState::not_read}) {
    const std::string value(name(state));
    options.push_back({value, std::string(web::badge(value).label), value == chosen});
  }
  return options;
}

std::vector<Option> connection_options(const ConnectionNames& names, const std::optional<ConnectionId>& chosen) {
  std::vector<Option> options{{"", "All connections", !chosen}};
  for (const auto& connection : names.all())
    options.push_back({std::to_string(connection.id.value), connection.display_name, connection.id == chosen});
  return options;
}

// "27 Nov", of today the time.
std::string since_text(Timestamp time, const web::Viewer& viewer) {
  const auto then = viewer.zone.local(time), now = viewer.zone.local(viewer.now);
  if (then.day_number == now.day_number) return web::clock_time(time, viewer.zone).substr(0, 5);
  const std::string day = web::day_text(time, viewer.zone);
  return then.year == now.year ? day : fmt::format("{} {}", day, then.year);
}

// None for an object that was seen and is not shown because of what a sync found.
std::optional<StateBadge> state_badge(const Item& item, const web::Viewer& viewer) {
  if (item.state == ItemState::gone && item.gone_since)
    return StateBadge{"gone", "Gone since " + since_text(*item.gone_since, viewer), "warning", "alert-triangle"};
  if (item.change == Change::appeared) return StateBadge{"new", "New", "info", "info-circle"};
  if (item.change == Change::changed) return StateBadge{"changed", "Changed", "info", "refresh"};
  if (item.state == ItemState::seen) return std::nullopt;
  const web::Badge& badge = web::badge(name(item.state));
  return StateBadge{std::string(badge.value), std::string(badge.label), std::string(badge.tone),
                    std::string(badge.icon)};
}

std::string change_chip(const InventoryQuery& query) {
  const auto change = change_from(query.change);
  const std::string_view what = !change                       ? "New, changed or gone"
                                : *change == Change::appeared ? "New"
                                : *change == Change::changed  ? "Changed"
                                                              : "Gone";
  return fmt::format("{} in #{}", what, *query.run);
}

SortLink sort_link(const web::PageUrl& url, ItemSort now, ItemSort up, ItemSort down) {
  return {url.with("sort", name(now == up ? down : up)).str(), now == up     ? "ascending"
                                                               : now == down ? "descending"
                                                                             : ""};
}

void add_chips(InventoryView& view, const InventoryQuery& query, const web::PageUrl& url) {
  const auto chip = [&](const std::vector<Option>& options, const char* key) {
    for (const Option& option : options)
      if (option.selected && !option.value.empty()) view.chips.push_back({url.without(key).str(), option.label});
  };
  // Without the number of all of them, which other filters make smaller.
  if (!query.type.empty()) view.chips.push_back({url.without("type").str(), type_label(query.type)});
  chip(view.platforms, "platform");
  chip(view.states, "state");
  chip(view.connections, "connection");
  if (query.run) view.chips.push_back({url.without("run").without("change").str(), change_chip(query)});
  if (!query.search.empty()) view.chips.push_back({url.without("q").str(), fmt::format("Name has “{}”", query.search)});
  view.has_chips = !view.chips.empty();
}

// What a link is for, from the property that holds it: "assignments[].target.groupId" → "Assignment",
// "notificationTemplateId" → "Notification template".
std::string relation(std::string_view property) {
  if (property.ends_with("target.groupId")) return "Assignment";
  if (property.ends_with("AssignmentFilterId")) return "Assignment filter";
  if (property.starts_with("roleScopeTag")) return "Scope tag";
  std::string words;
  for (const char c : property.substr(property.rfind('.') + 1)) {
    if (c == '[' || c == '@') break;
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital) words += '_';
    words += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const std::string_view suffix : {"_ids", "_id"})
    if (words.ends_with(suffix)) words.resize(words.size() - suffix.size());
  return words == "id" || words == "value" || words == "target" ? "Reference" : web::humanised(words);
}

LinkRow link_row(const ItemLink& link, const web::Viewer& viewer) {
  const std::string what = relation(link.property);
  if (!link.item) return {what + " · Not in the inventory", link.target_id, ""};
  const std::string type = type_label(link.type);
  return {fmt::format("{}{}", what == type ? what : fmt::format("{} · {}", what, type), link.gone ? " · Gone" : ""),
          link.name, viewer.path(fmt::format("/inventory/{}", *link.item))};
}

LinkList link_list(LinkList list, const std::vector<ItemLink>& links, bool more, const web::Viewer& viewer) {
  for (const ItemLink& link : links) list.rows.push_back(link_row(link, viewer));
  std::ranges::sort(list.rows, {}, [](const LinkRow& row) { return std::tie(row.relation, row.name); });
  list.any = !list.rows.empty();
  if (more) list.more = fmt::format("Only {} are shown; there are more.", web::grouped(links.size()));
  return list;
}

// Of an object that is gone, only those count that are still there: they refer to nothing now.
LinkList used_by_list(const Item& item, const ItemLinks& links, const web::Viewer& viewer) {
  if (item.state != ItemState::gone)
    return link_list({"h-used-by", "Used by", "No other object refers to it."}, links.used_by, links.more_used_by,
                     viewer);
  std::vector<ItemLink> still = links.used_by;
  std::erase_if(still, [](const ItemLink& link) { return link.gone; });
  return link_list({"h-used-by", "Still referred to by", "No object that is still there refers to it."}, still,
                   links.more_used_by, viewer);
}

std::string state_note(const Item& item, const LinkList& used_by) {
  if (item.state == ItemState::not_read)
    return "The last sync could not read its type, so it may have changed since it was last seen.";
  if (item.state != ItemState::gone) return {};
  return fmt::format("The last complete list of its type did not have it.{}",
                     used_by.any ? " Other objects still refer to it." : "");
}

}  // namespace

std::string type_label(std::string_view type) {
  const graph::Contract* contract = graph::ContractRegistry::builtin().find(type);
  return contract ? contract->label : std::string(type);
}

std::string platform_label(std::string_view platform) {
  if (platform == "macos" || platform == "macOS") return "macOS";
  if (platform == "ios" || platform == "iOS") return "iOS";
  return web::humanised(platform);
}

std::string restore_label(std::string_view type) {
  const graph::Contract* contract = graph::ContractRegistry::builtin().find(type);
  if (!contract) return "Unknown";
  switch (graph::capabilities(*contract).restore) {
    case graph::RestoreMode::enabled: return "Can be restored";
    case graph::RestoreMode::preview_only: return "Preview only";
    case graph::RestoreMode::inventory_only: return "Inventory only";
  }
  return "Unknown";
}

std::string ConnectionNames::of(ConnectionId id) const {
  if (!shown()) return {};
  const auto found = std::ranges::find(all_, id, &provider_connections::ProviderConnection::id);
  return found == all_.end() ? std::string() : found->display_name;
}

ItemRow item_row(const Item& item, const ConnectionNames& connections, const web::Viewer& viewer) {
  return {.id = item.id.value,
          .href = viewer.path(fmt::format("/inventory/{}", item.id)),
          .name = item.name,
          .type = type_label(item.type),
          .platform = platform_label(item.platform),
          .connection = connections.of(item.connection),
          .seen = viewer.when(item.last_seen_at),
          .state = state_badge(item, viewer)};
}

CoverageRow coverage_row(const Coverage& coverage, const ConnectionNames& connections, const web::Viewer& viewer) {
  CoverageRow row{.type = type_label(coverage.type),
                  .connection = connections.of(coverage.connection),
                  .objects = coverage.listed_at ? web::grouped(coverage.listed_count) : "—",
                  .restore = restore_label(coverage.type),
                  .code = coverage.code,
                  .run_href = run_href(coverage.attempted_run, viewer),
                  .run = run_text(coverage.attempted_run),
                  .badge = web::badge(coverage.code.empty() ? "succeeded" : "not_read")};
  if (coverage.listed_at) row.listed = viewer.when(*coverage.listed_at);
  if (const auto code = failure_code(coverage.code)) row.problem = info(*code).headline;
  return row;
}

CoverageRow uncovered_row(const graph::Contract& contract, std::string connection) {
  CoverageRow row{.type = contract.label,
                  .connection = std::move(connection),
                  .objects = "—",
                  .restore = restore_label(contract.id),
                  .badge = web::badge("not_read")};
  if (const graph::Ability list = graph::capabilities(contract).list; !list.possible)
    row.problem = graph::explanation(list.limit);
  else if (contract.sync == graph::SyncMode::on_request)
    row.problem = "Read only when a sync names it.";
  return row;
}

Observed observed_line(const std::optional<SyncSummary>& full, const std::string& connection,
                       const web::Viewer& viewer) {
  const std::string head = connection.empty() ? "" : connection + ": ";
  Observed line;
  line.text = head + "Never read in full";
  if (!full) return line;
  line.text = fmt::format("{}Last full sync {}", head, web::age_text(viewer.now - full->completed_at));
  line.href = run_href(full->run, viewer);
  line.run = run_text(full->run);
  line.changes = change_links(*full, viewer);
  line.has_changes = !line.changes.empty();
  if (!line.has_changes) line.result = full->changes.any() ? "first reading" : "nothing has changed";
  return line;
}

Observed observed_line(const Coverage& coverage, const std::string& connection, const web::Viewer& viewer) {
  const std::string type = type_label(coverage.type);
  const std::string head = connection.empty() ? type : fmt::format("{}, {}", connection, type);
  Observed line;
  line.text = head + ": Never read in full";
  if (!coverage.listed_at) return line;
  line.text = fmt::format("{}: Read {}", head, web::age_text(viewer.now - *coverage.listed_at));
  line.href = run_href(coverage.listed_run, viewer);
  line.run = run_text(coverage.listed_run);
  return line;
}

std::string not_read_line(std::int64_t types, const std::string& connection) {
  return fmt::format("{}{} could not be read the last time. What is shown of {} may have changed since.",
                     connection.empty() ? "" : connection + ": ", web::counted(types, "type", "types"),
                     types == 1 ? "it" : "them");
}

ItemView item_view(const Item& item, const ItemLinks& links, const ConnectionNames& connections,
                   const web::Viewer& viewer) {
  const graph::Contract* contract = graph::ContractRegistry::builtin().find(item.type);
  ItemView view{.list_href = viewer.path("/inventory"),
                .name = item.name,
                .type = type_label(item.type),
                .platform = item.platform.empty() ? "" : platform_label(item.platform),
                .connection = connections.of(item.connection),
                .external_id = item.external_id,
                .category = contract ? web::humanised(contract->category) : "",
                .restore = restore_label(item.type),
                .run = run_text(item.last_seen_run),
                .run_href = run_href(item.last_seen_run, viewer),
                .state = state_badge(item, viewer),
                .first_seen = viewer.when(item.first_seen_at),
                .last_seen = viewer.when(item.last_seen_at)};
  if (item.meta.is_object())
    for (const auto& [key, value] : item.meta.get_object())
      if (!value.is_null()) view.meta.push_back(fact_of(key, value, viewer));
  view.has_meta = !view.meta.empty();
  if (item.gone_since) view.gone_since = web::full_time(*item.gone_since, viewer.zone);
  view.links = {link_list({"h-uses", "Uses", "It refers to no other object."}, links.uses, links.more_uses, viewer),
                used_by_list(item, links, viewer)};
  view.note = state_note(item, view.links.back());
  return view;
}

void add_filters(InventoryView& view, const InventoryQuery& query, const std::vector<Facet>& facets,
                 const ConnectionNames& connections, const web::Viewer& viewer) {
  const web::PageUrl url = query.url(viewer);
  view.action = viewer.path("/inventory");
  view.reset = view.action;
  view.items_href = view.action;
  view.coverage_href = viewer.path("/inventory?tab=coverage");
  view.search = query.search;
  view.sort = name(query.sort);
  view.zone = viewer.zone.name();
  view.coverage = query.coverage;
  view.types = type_options(facets, query.type);
  view.platforms = platform_options(facets, query.platform);
  view.states = state_options(query.state);
  view.has_connections = connections.shown();
  if (view.has_connections) view.connections = connection_options(connections, query.connection);
  if (query.run) view.run = std::to_string(query.run->value);
  view.change = query.change;
  view.by_name = sort_link(url, query.sort, ItemSort::name_asc, ItemSort::name_desc);
  view.by_seen = sort_link(url, query.sort, ItemSort::seen_asc, ItemSort::seen_desc);
  add_chips(view, query, url);
}

}  // namespace ta::inventory
