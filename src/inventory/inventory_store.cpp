#include "inventory/inventory_store.h"

#include <charconv>

#include "base/digest.h"
#include "base/utf8.h"
#include "inventory/inventory.sql.h"

namespace ta::inventory {
namespace {

// A name of 400 bytes takes at most six times as much when it is folded or escaped in JSON.
constexpr std::size_t kCursorBytesMax = 4'096;

constexpr std::pair<ItemState, std::string_view> kStates[] = {
    {ItemState::seen, "seen"}, {ItemState::gone, "gone"}, {ItemState::not_read, "not_read"}};
constexpr std::pair<Change, std::string_view> kChanges[] = {
    {Change::appeared, "new"}, {Change::changed, "changed"}, {Change::gone, "gone"}};

// Of an item `i` and the coverage `c` of its type, which may not be there.
constexpr std::string_view kGone = "COALESCE(c.listed_listing, 0) > i.listing";
constexpr std::string_view kNotRead = "(COALESCE(c.attempted_listing, 0) > i.listing AND COALESCE(c.code, '') <> '')";

ItemState state_of(const storage::Row& row) {
  const auto listing = row.get<std::int64_t>("listing");
  if (row.get<std::optional<std::int64_t>>("listed_listing").value_or(0) > listing) return ItemState::gone;
  const bool failed = !row.get<std::optional<std::string>>("code").value_or("").empty();
  const bool later = row.get<std::optional<std::int64_t>>("attempted_listing").value_or(0) > listing;
  return failed && later ? ItemState::not_read : ItemState::seen;
}

Item item_from(const storage::Row& row) {
  Item item{row.get<InventoryItemId>("id"),
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
            {},
            {},
            row.get<std::string>("name_folded")};
  if (item.state != ItemState::gone) return item;
  // The last of many that go at once are noted a moment after the listing has ended.
  const auto noted = row.get<std::optional<Timestamp>>("gone_since");
  item.gone_since = noted ? noted : row.get<std::optional<Timestamp>>("listed_at");
  return item;
}

void add_change(Item& item, const storage::Row& row, const ItemFilter& filter) {
  if (filter.run) item.change = change_from(row.get<std::string_view>("change"));
}

struct Condition {
  std::string columns, joins, where = "i.tenant_id = :tenant_id";
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
  switch (state) {
    case ItemState::gone: condition.where += fmt::format(" AND {}", kGone); return;
    case ItemState::not_read: condition.where += fmt::format(" AND NOT ({}) AND {}", kGone, kNotRead); return;
    case ItemState::seen: condition.where += fmt::format(" AND NOT ({}) AND NOT {}", kGone, kNotRead); return;
  }
}

void add_changes(Condition& condition, RunId run, std::optional<Change> change) {
  condition.columns = ", n.change";
  condition.joins =
      " JOIN inventory_changes n ON n.item_id = i.id JOIN inventory_sync_runs s ON s.id = n.sync_run_id"
      " AND s.tenant_id = i.tenant_id";
  condition.add(" AND s.operation_run_id = :run_id", {"run_id", run});
  if (change) condition.add(" AND n.change = :change", {"change", name(*change)});
}

Condition condition_of(TenantId tenant, const ItemFilter& filter) {
  Condition condition;
  condition.params.push_back({"tenant_id", tenant});
  if (!filter.type.empty()) condition.add(" AND i.type = :type", {"type", filter.type});
  if (!filter.platform.empty()) condition.add(" AND i.platform = :platform", {"platform", filter.platform});
  if (!filter.search.empty())
    condition.add(" AND (i.name_folded LIKE :search ESCAPE '\\' OR i.external_id = :id)",
                  {"search", like_pattern(fold_case(filter.search))});
  if (!filter.search.empty()) condition.params.push_back({"id", filter.search});
  if (filter.state) add_state(condition, *filter.state);
  if (filter.connection) condition.add(" AND i.connection_id = :connection_id", {"connection_id", *filter.connection});
  if (filter.run) add_changes(condition, *filter.run, filter.change);
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

std::string_view name(Change change) { return kChanges[static_cast<std::size_t>(change)].second; }

std::optional<Change> change_from(std::string_view name) {
  for (const auto& [change, text] : kChanges)
    if (text == name) return change;
  return std::nullopt;
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
      "SELECT i.*, c.listed_at, c.code, c.listed_listing, c.attempted_listing{} FROM inventory_items i "
      "LEFT JOIN inventory_coverage c ON c.tenant_id = i.tenant_id AND c.connection_id = i.connection_id "
      "AND c.type = i.type{} WHERE {} ORDER BY {} {}, i.id {} LIMIT {}",
      condition.columns, condition.joins, condition.where, key, direction, direction, limit + 1);
  ItemPage page;
  database_.read([&](storage::Transaction& tx) {
    for (const storage::Row& row : tx.run_text("inventory_list", sql, condition.params))
      page.items.push_back(item_from(row)), add_change(page.items.back(), row, filter);
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

std::int64_t InventoryReader::objects(TenantId tenant) {
  return database_.read([&](storage::Transaction& tx) {
    return tx.run(sql::objects_listed, {{"tenant_id", tenant}})[0].get<std::int64_t>("objects");
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
