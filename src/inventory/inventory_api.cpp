#include "inventory/inventory_api.h"

#include <charconv>

#include "host/api_guard.h"
#include "inventory/inventory_store.h"
#include "web/page_url.h"

namespace ta::inventory {
namespace {

constexpr int kLimitMax = 200;
constexpr std::size_t kTextMax = 400;
constexpr ItemSort kSort = ItemSort::name_asc;

struct ApiQuery {
  ItemFilter filter;
  std::optional<ItemCursor> cursor;
  int limit = 50;
};

bool read_text(const std::string& value, std::string& into) {
  into = value;
  return value.size() <= kTextMax;
}

template <class Id>
bool read_id(const std::string& value, std::optional<Id>& into) {
  const auto id = web::id_number(value);
  if (id) into = Id{*id};
  return id.has_value();
}

bool read_limit(const std::string& value, int& into) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), into);
  return error == std::errc{} && end == value.data() + value.size() && into >= 1 && into <= kLimitMax;
}

struct Parameter {
  std::string_view name;
  bool (*read)(const std::string&, ApiQuery&);
  std::string_view expected;
};

constexpr Parameter kParameters[] = {
    {"type", [](const std::string& v, ApiQuery& q) { return read_text(v, q.filter.type); }, "an object type's id"},
    {"platform", [](const std::string& v, ApiQuery& q) { return read_text(v, q.filter.platform); },
     "a platform such as windows"},
    {"state", [](const std::string& v, ApiQuery& q) { return (q.filter.state = item_state(v)).has_value(); },
     "seen, gone or not_read"},
    {"connection", [](const std::string& v, ApiQuery& q) { return read_id(v, q.filter.connection); },
     "the id of a connection"},
    {"q", [](const std::string& v, ApiQuery& q) { return read_text(v, q.filter.search); },
     "a part of the name or the whole id, of at most 400 bytes"},
    {"run", [](const std::string& v, ApiQuery& q) { return read_id(v, q.filter.run); }, "the id of a run"},
    {"change", [](const std::string& v, ApiQuery& q) { return (q.filter.change = change_from(v)).has_value(); },
     "new, changed or gone"},
    {"cursor", [](const std::string& v, ApiQuery& q) { return (q.cursor = item_cursor_from(v, kSort)).has_value(); },
     "a next_cursor of the same list"},
    {"limit", [](const std::string& v, ApiQuery& q) { return read_limit(v, q.limit); }, "a number from 1 to 200"},
};

tl::expected<ApiQuery, std::string> parse(const http::Fields& fields) {
  ApiQuery query;
  for (const auto& [name, value] : fields) {
    const auto parameter = std::ranges::find(kParameters, name, &Parameter::name);  // tenant_api() refuses others
    if (!value.empty() && !parameter->read(value, query))
      return tl::make_unexpected(fmt::format("The parameter {} must be {}.", parameter->name, parameter->expected));
  }
  if (query.filter.change && !query.filter.run)
    return tl::make_unexpected("The parameter change needs run: the sync that found it.");
  return query;
}

json::value optional_time(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::object to_json(const Item& item) {
  return {{"id", item.id.value},
          {"connection", item.connection.value},
          {"type", item.type},
          {"external_id", item.external_id},
          {"name", item.name},
          {"platform", item.platform},
          {"state", name(item.state)},
          {"last_seen_at", to_rfc3339(item.last_seen_at)},
          {"gone_since", optional_time(item.gone_since)}};
}

http::Response list(Host& host, const ApiCall& call) {
  const auto query = parse(call.request.query);
  if (!query) return invalid_parameter(query.error());
  InventoryReader reader(host.database);
  const ItemPage page = reader.list(call.tenant->id, query->filter, kSort, query->cursor, query->limit);
  json::array items;
  for (const Item& item : page.items) items.push_back(to_json(item));
  const json::value next = page.next ? json::value(to_text(*page.next, kSort)) : json::value(nullptr);
  return http::json_response(200, json::object{{"items", std::move(items)}, {"next_cursor", next}});
}

}  // namespace

void register_inventory_api(Host& host) {
  ApiParameters parameters;
  for (const Parameter& parameter : kParameters) parameters.push_back(parameter.name);
  const ApiHandler handler = [&host](const ApiCall& call) { return list(host, call); };
  host.router.add(http::Method::get, "/api/v1/tenants/{tenant}/inventory",
                  tenant_api(host, access::Capability::runs_view, handler, std::move(parameters)));
}

}  // namespace ta::inventory
