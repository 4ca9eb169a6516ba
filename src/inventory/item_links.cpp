#include "inventory/item_links.h"

#include "base/digest.h"
#include "graph/contract_registry.h"
#include "inventory/item_links.sql.h"

namespace ta::inventory {
namespace {

// Ids are unique per type only: "0" is a scope tag and may be something else, too.
bool leads_to(std::string_view from_type, std::string_view property, std::string_view to_type) {
  const graph::Contract* const from = graph::ContractRegistry::builtin().find(from_type);
  return from && std::any_of(from->references.begin(), from->references.end(), [&](const graph::Reference& reference) {
           return reference.property == property &&
                  std::find(reference.types.begin(), reference.types.end(), to_type) != reference.types.end();
         });
}

ItemLink link_from(const storage::Row& row) {
  return {.property = row.get<std::string>("property"), .target_id = row.get<std::string>("target_id")};
}

void fill_other_end(ItemLink& link, const storage::Row& row) {
  link.item = row.get<InventoryItemId>("id");
  link.type = row.get<std::string>("type");
  link.name = row.get<std::string>("name");
  link.gone = row.get<std::int64_t>("gone") != 0;
}

// Several items may have a target's id: the one of the right type is it.
std::vector<ItemLink> uses(const storage::Rows& rows, const Item& item) {
  std::vector<ItemLink> out;
  for (const storage::Row& row : rows) {
    ItemLink link = link_from(row);
    if (out.empty() || out.back().property != link.property || out.back().target_id != link.target_id)
      out.push_back(std::move(link));
    if (const auto type = row.get<std::optional<std::string>>("type");
        type && leads_to(item.type, out.back().property, *type))
      fill_other_end(out.back(), row);
  }
  return out;
}

std::vector<ItemLink> used_by(const storage::Rows& rows, const Item& item) {
  std::vector<ItemLink> out;
  for (const storage::Row& row : rows)
    if (leads_to(row.get<std::string>("type"), row.get<std::string>("property"), item.type))
      fill_other_end(out.emplace_back(link_from(row)), row);
  return out;
}

// More than `limit` rows were there: the last one is cut off.
bool cut(std::vector<ItemLink>& links, int limit) {
  const bool more = static_cast<int>(links.size()) > limit;
  if (more) links.resize(static_cast<std::size_t>(limit));
  return more;
}

}  // namespace

std::string links_digest(const std::set<graph::ReferenceValue>& links) {
  std::string text;
  for (const graph::ReferenceValue& link : links) text += fmt::format("{}\x1f{}\x1e", link.property, link.id);
  return text.empty() ? text : sha256_hex(text);
}

void replace_links(storage::Transaction& tx, TenantId tenant, ConnectionId connection, std::string_view type,
                   const std::vector<const ObservedItem*>& items) {
  if (items.empty()) return;
  json::array ids, links;
  for (const ObservedItem* item : items) {
    ids.push_back(json::value(item->external_id));
    for (const graph::ReferenceValue& link : item->links)
      links.push_back({{"item", item->external_id}, {"property", link.property}, {"target", link.id}});
  }
  const auto place = [&](storage::Param what) {
    return storage::Params{{"tenant_id", tenant}, {"connection_id", connection}, {"type", type}, std::move(what)};
  };
  tx.run(sql::links_clear, place({"ids", std::move(ids)}));
  if (!links.empty()) tx.run(sql::links_insert, place({"links", std::move(links)}));
}

ItemLinks links_of(storage::Transaction& tx, TenantId tenant, const Item& item, int limit) {
  const int one_more = limit + 1;
  ItemLinks out;
  out.uses = uses(tx.run(sql::links_from, {{"tenant_id", tenant}, {"item_id", item.id}, {"limit", one_more}}), item);
  out.used_by = used_by(tx.run(sql::links_to, {{"tenant_id", tenant},
                                               {"connection_id", item.connection},
                                               {"target_id", item.external_id},
                                               {"limit", one_more}}),
                        item);
  out.more_uses = cut(out.uses, limit);
  out.more_used_by = cut(out.used_by, limit);
  return out;
}

}  // namespace ta::inventory
