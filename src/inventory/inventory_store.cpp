#include "inventory/inventory_store.h"

#include <charconv>

#include "base/digest.h"
#include "base/utf8.h"
#include "inventory/inventory.sql.h"
#include "inventory/item_links.h"

namespace ta::inventory {
namespace {

// A name of 400 bytes takes at most six times as much when it is folded or escaped in JSON.
constexpr std::size_t kCursorBytesMax = 4'096;

constexpr std::pair<ItemState, std::string_view> kStates[] = {
    {ItemState::seen, "seen"}, {ItemState::missing, "missing"}, {ItemState::uncertain, "uncertain"}};

// What of an item tells an update from an unchanged one.
std::string fingerprint(std::string_view name, std::string_view platform, const json::value& meta,
                        std::string_view links_digest) {
  return fmt::format("{}\x1f{}\x1f{}\x1f{}", name, platform, canonical_json(meta), links_digest);
}

std::string fingerprint(const ObservedItem& item) {
  return fingerprint(item.name, item.platform, item.meta, links_digest(item.links));
}

std::map<std::string, std::string> known_fingerprints(storage::Transaction& tx, const Observation& seen,
                                                      const std::vector<ObservedItem>& items) {
  json::array ids;
  for (const ObservedItem& item : items) ids.push_back(json::value(item.external_id));
  std::map<std::string, std::string> known;
  for (const storage::Row& row :
       tx.run(sql::items_known, {{"tenant_id", seen.tenant}, {"type", seen.type}, {"ids", ids}}))
    known.emplace(row.get<std::string>("external_id"),
                  fingerprint(row.get<std::string_view>("name"), row.get<std::string_view>("platform"),
                              row.get<json::value>("meta"), row.get<std::string_view>("links_digest")));
  return known;
}

storage::Params scope_of(const Observation& seen) {
  return {{"tenant_id", seen.tenant},
          {"connection_id", seen.connection},
          {"type", seen.type},
          {"now", seen.at},
          {"run_id", seen.run}};
}

json::object row_of(const ObservedItem& item) {
  return {{"id", item.external_id},    {"name", item.name}, {"folded", fold_case(item.name)},
          {"platform", item.platform}, {"meta", item.meta}, {"links_digest", links_digest(item.links)}};
}

UpsertCounts upsert(storage::Transaction& tx, const Observation& seen, const std::vector<ObservedItem>& items) {
  const auto known = known_fingerprints(tx, seen, items);
  UpsertCounts counts;
  std::set<std::string_view> taken;  // one object may be listed twice when the list changes while it is read
  json::array rows;
  std::vector<const ObservedItem*> changed;
  for (const ObservedItem& item : items) {
    if (!taken.insert(item.external_id).second) continue;
    rows.push_back(row_of(item));
    const auto before = known.find(item.external_id);
    if (before != known.end() && before->second == fingerprint(item)) {
      ++counts.unchanged;
      continue;
    }
    ++(before == known.end() ? counts.created : counts.updated);
    changed.push_back(&item);
  }
  storage::Params params = scope_of(seen);
  params.push_back({"items", std::move(rows)});
  tx.run(sql::items_upsert, params);
  replace_links(tx, seen.tenant, seen.type, changed);
  return counts;
}

ItemState state_of(const storage::Row& row) {
  const auto listed = row.get<std::optional<Timestamp>>("listed_at");
  if (!listed || row.get<Timestamp>("last_seen_at") >= *listed) return ItemState::seen;
  return row.get<std::optional<std::string>>("code").value_or("").empty() ? ItemState::missing : ItemState::uncertain;
}

Item item_from(const storage::Row& row) {
  return {row.get<InventoryItemId>("id"),
          row.get<ConnectionId>("connection_id"),
          row.get<std::string>("type"),
          row.get<std::string>("external_id"),
          row.get<std::string>("name"),
          row.get<std::string>("platform"),
          row.get<json::value>("meta"),
          row.get<Timestamp>("first_seen_at"),
          row.get<Timestamp>("last_seen_at"),
          row.get<std::optional<RunId>>("last_seen_run_id"),
          state_of(row),
          row.get<std::string>("name_folded")};
}

struct Condition {
  std::string where = "i.tenant_id = :tenant_id";
  storage::Params params;
  void add(std::string_view text, storage::Param param) {
    where += text;
    params.push_back(std::move(param));
  }
};

// The text with LIKE's own signs made ordinary.
std::string like_pattern(std::string_view text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

void add_state(Condition& condition, ItemState state) {
  static constexpr std::string_view kGone = "(c.listed_at IS NOT NULL AND i.last_seen_at < c.listed_at)";
  switch (state) {
    case ItemState::seen: condition.where += fmt::format(" AND NOT {}", kGone); return;
    case ItemState::missing: condition.where += fmt::format(" AND {} AND c.code = ''", kGone); return;
    case ItemState::uncertain: condition.where += fmt::format(" AND {} AND c.code <> ''", kGone); return;
  }
}

Condition condition_of(TenantId tenant, const ItemFilter& filter) {
  Condition condition;
  condition.params.push_back({"tenant_id", tenant});
  if (!filter.type.empty()) condition.add(" AND i.type = :type", {"type", filter.type});
  if (!filter.platform.empty()) condition.add(" AND i.platform = :platform", {"platform", filter.platform});
  if (!filter.search.empty())
    condition.add(" AND i.name_folded LIKE :search ESCAPE '\\'", {"search", like_pattern(fold_case(filter.search))});
  if (filter.state) add_state(condition, *filter.state);
  return condition;
}

bool by_name(ItemSort sort) { return sort == ItemSort::name_asc || sort == ItemSort::name_desc; }
bool descending(ItemSort sort) { return sort == ItemSort::name_desc || sort == ItemSort::seen_desc; }

ItemCursor cursor_at(const Item& item, ItemSort sort, bool newer) {
  return {by_name(sort) ? item.name_folded : std::to_string(to_unix_micros(item.last_seen_at)), item.id, newer};
}

// A time as cursor_at() writes it, which both databases can store.
std::optional<Timestamp> key_time(std::string_view key) {
  std::int64_t micros = -1;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), micros);
  const bool stored = error == std::errc() && end == key.data() + key.size() && micros >= 0 && micros <= kUnixMicrosMax;
  return stored ? std::optional(from_unix_micros(micros)) : std::nullopt;
}

storage::Param key_param(const ItemCursor& cursor, ItemSort sort) {
  if (by_name(sort)) return {"key", cursor.key};
  return {"key", key_time(cursor.key).value_or(Timestamp{})};
}

}  // namespace

std::string_view name(ItemState state) { return kStates[static_cast<std::size_t>(state)].second; }

std::optional<ItemState> item_state(std::string_view name) {
  for (const auto& [state, text] : kStates)
    if (text == name) return state;
  return std::nullopt;
}

UpsertCounts record_listing(storage::Transaction& tx, const Observation& seen, const std::vector<ObservedItem>& items) {
  const UpsertCounts counts = upsert(tx, seen, items);
  storage::Params params = scope_of(seen);
  params.push_back({"count", counts.created + counts.updated + counts.unchanged});
  tx.run(sql::coverage_listed, params);
  return counts;
}

UpsertCounts record_unlisted(storage::Transaction& tx, const Observation& seen, const std::vector<ObservedItem>& items,
                             std::string_view code) {
  storage::Params params = scope_of(seen);
  params.push_back({"code", code});
  tx.run(sql::coverage_failed, params);
  return upsert(tx, seen, items);
}

std::string to_text(const ItemCursor& cursor, ItemSort sort) {
  return base64url(json::serialize(json::array{static_cast<int>(sort), cursor.key, cursor.id.value, cursor.newer}));
}

std::optional<ItemCursor> item_cursor_from(std::string_view text, ItemSort sort) {
  const auto plain = base64_decode(text);
  const auto parsed =
      plain ? parse_json(*plain, {kCursorBytesMax, 4}) : Result<json::value>(fail(FailureCode::run_invalid_input));
  if (!parsed || !parsed->is_array() || parsed->get_array().size() != 4) return std::nullopt;
  const json::array& parts = parsed->get_array();
  if (parts[0] != json::value(static_cast<int>(sort)) || !parts[1].is_string() || !parts[2].is_int64() ||
      !parts[3].is_bool())
    return std::nullopt;
  const std::string key(parts[1].get_string());
  if (by_name(sort) ? clean_text(key) != key : !key_time(key)) return std::nullopt;
  return ItemCursor{key, InventoryItemId{parts[2].get_int64()}, parts[3].get_bool()};
}

ItemPage InventoryReader::list(TenantId tenant, const ItemFilter& filter, ItemSort sort,
                               const std::optional<ItemCursor>& cursor, int limit) {
  Condition condition = condition_of(tenant, filter);
  const bool backwards = cursor && cursor->newer;
  const bool down = descending(sort) != backwards;
  const std::string_view key = by_name(sort) ? "i.name_folded" : "i.last_seen_at";
  if (cursor) {
    condition.add(fmt::format(" AND ({}, i.id) {} (:key, :key_id)", key, down ? "<" : ">"), key_param(*cursor, sort));
    condition.params.push_back({"key_id", cursor->id});
  }
  const std::string_view direction = down ? "DESC" : "ASC";
  const std::string sql = fmt::format(
      "SELECT i.*, c.listed_at, c.code FROM inventory_items i LEFT JOIN inventory_coverage c ON c.tenant_id = "
      "i.tenant_id "
      "AND c.connection_id = i.connection_id AND c.type = i.type WHERE {} ORDER BY {} {}, i.id {} LIMIT {}",
      condition.where, key, direction, direction, limit + 1);
  ItemPage page;
  database_.read([&](storage::Transaction& tx) {
    for (const storage::Row& row : tx.run_text("inventory_list", sql, condition.params))
      page.items.push_back(item_from(row));
  });
  const bool more = static_cast<int>(page.items.size()) > limit;
  if (more) page.items.pop_back();
  if (backwards) std::reverse(page.items.begin(), page.items.end());
  if (page.items.empty()) return page;
  if (backwards ? more : cursor.has_value()) page.previous = cursor_at(page.items.front(), sort, true);
  if (backwards || more) page.next = cursor_at(page.items.back(), sort, false);
  return page;
}

std::optional<Item> InventoryReader::find(TenantId tenant, InventoryItemId id) {
  return database_.read([&](storage::Transaction& tx) -> std::optional<Item> {
    const storage::Rows rows = tx.run(sql::item_find, {{"tenant_id", tenant}, {"id", id}});
    return rows.empty() ? std::nullopt : std::optional(item_from(rows[0]));
  });
}

std::vector<Facet> InventoryReader::facets(TenantId tenant) {
  return database_.read([&](storage::Transaction& tx) {
    std::vector<Facet> facets;
    for (const storage::Row& row : tx.run(sql::item_facets, {{"tenant_id", tenant}}))
      facets.push_back(
          {row.get<std::string>("type"), row.get<std::string>("platform"), row.get<std::int64_t>("count")});
    std::sort(facets.begin(), facets.end(), [](const Facet& a, const Facet& b) {
      return std::tie(a.type, a.platform) < std::tie(b.type, b.platform);
    });
    return facets;
  });
}

std::vector<Coverage> InventoryReader::coverage(TenantId tenant) {
  return database_.read([&](storage::Transaction& tx) {
    std::vector<Coverage> list;
    for (const storage::Row& row : tx.run(sql::coverage_of, {{"tenant_id", tenant}}))
      list.push_back({row.get<ConnectionId>("connection_id"), row.get<std::string>("type"),
                      row.get<Timestamp>("attempted_at"), row.get<std::optional<RunId>>("attempted_run_id"),
                      row.get<std::string>("code"), row.get<std::optional<Timestamp>>("listed_at"),
                      row.get<std::optional<RunId>>("listed_run_id"), row.get<std::int64_t>("listed_count")});
    std::sort(list.begin(), list.end(), [](const Coverage& a, const Coverage& b) {
      return std::tie(a.type, a.connection) < std::tie(b.type, b.connection);
    });
    return list;
  });
}

std::optional<LastListing> InventoryReader::last_listing(TenantId tenant) {
  return database_.read([&](storage::Transaction& tx) -> std::optional<LastListing> {
    const storage::Rows rows = tx.run(sql::last_listing, {{"tenant_id", tenant}});
    if (rows.empty()) return std::nullopt;
    return LastListing{rows[0].get<Timestamp>("listed_at"), rows[0].get<std::optional<RunId>>("listed_run_id")};
  });
}

std::map<TenantId, Timestamp> InventoryReader::last_listings_of_member(UserId user) {
  return database_.read([&](storage::Transaction& tx) {
    std::map<TenantId, Timestamp> found;
    for (const storage::Row& row : tx.run(sql::last_listings_of_member, {{"user_id", user}}))
      found.emplace(row.get<TenantId>("tenant_id"), row.get<Timestamp>("listed_at"));
    return found;
  });
}

}  // namespace ta::inventory
