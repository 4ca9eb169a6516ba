#include "inventory/listing_store.h"

#include <map>
#include <set>

#include "base/utf8.h"
#include "inventory/item_links.h"
#include "inventory/listing_store.sql.h"

namespace ta::inventory {
namespace {

using storage::Param;

struct Known {
  std::string fingerprint;
  std::int64_t listing = 0;
};

// What of an object tells a changed one from an unchanged one. Its platform is our reading of it, no fact of its own.
std::string fingerprint(std::string_view name, const json::value& meta, std::string_view links_digest) {
  return fmt::format("{}\x1f{}\x1f{}", name, canonical_json(meta), links_digest);
}

storage::Params place_of(const Listing& listing, std::string_view type) {
  return {{"tenant_id", listing.tenant}, {"connection_id", listing.connection}, {"type", type}};
}

template <class... More>
storage::Params with(storage::Params params, More... more) {
  (params.push_back(std::move(more)), ...);
  return params;
}

json::array ids_of(const std::vector<ObservedItem>& items) {
  json::array ids;
  for (const ObservedItem& item : items) ids.push_back(json::value(item.external_id));
  return ids;
}

std::map<std::string, Known, std::less<>> known_objects(storage::Transaction& tx, const Listing& listing,
                                                        std::string_view type, const std::vector<ObservedItem>& items) {
  std::map<std::string, Known, std::less<>> known;
  for (const storage::Row& row : tx.run(sql::items_known, with(place_of(listing, type), Param("ids", ids_of(items)))))
    known.emplace(row.get<std::string>("external_id"),
                  Known{fingerprint(row.get<std::string_view>("name"), row.get<json::value>("meta"),
                                    row.get<std::string_view>("links_digest")),
                        row.get<std::int64_t>("listing")});
  return known;
}

// The listing that listed the type to the end last; 0: none. Steps of other listings of the connection wait from here
// on, so that this stays true until the commit.
std::int64_t listed_before(storage::Transaction& tx, const Listing& listing, std::string_view type) {
  tx.run(sql::listing_lock, {{"tenant_id", listing.tenant}, {"connection_id", listing.connection}});
  const storage::Rows rows = tx.run(sql::listing_listed, place_of(listing, type));
  return rows.empty() ? 0 : rows[0].get<std::int64_t>("listed_listing");
}

// One step's objects, sorted by what is to be done with them.
class Step {
 public:
  explicit Step(std::int64_t number, std::int64_t listed) : number_(number), listed_(listed) {
    counts_.first_reading = listed == 0;
  }

  void add(const ObservedItem& item, const Known* before) {
    if (!taken_.insert(item.external_id).second) return;  // listed twice: the list changed while it was read
    if (before && before->listing == number_) return;     // the same, by an earlier step
    if (before && before->listing > number_) {            // a later listing knows better
      ++counts_.unchanged;
      return;
    }
    const std::string digest = links_digest(item.links);
    rows_.push_back({{"id", item.external_id},
                     {"name", item.name},
                     {"folded", fold_case(item.name)},
                     {"platform", item.platform},
                     {"meta", item.meta},
                     {"links_digest", digest}});
    const bool back = before && before->listing < listed_;
    const bool same = before && before->fingerprint == fingerprint(item.name, item.meta, digest);
    if (!before || back) {
      note(item, "new"), ++counts_.created;
    } else if (!same) {
      note(item, "changed"), ++counts_.updated;
    } else {
      ++counts_.unchanged;
    }
    if (!same) relinked_.push_back(&item);
  }

  void write(storage::Transaction& tx, const Listing& listing, std::string_view type, Timestamp now) {
    if (rows_.empty()) return;
    tx.run(sql::items_upsert, with(place_of(listing, type), Param("items", std::move(rows_)), Param("now", now),
                                   Param("run_id", listing.run), Param("listing", listing.number)));
    replace_links(tx, listing.tenant, listing.connection, type, relinked_);
    if (!changes_.empty() && !counts_.first_reading)
      tx.run(sql::changes_record,
             with(place_of(listing, type), Param("run_id", listing.run), Param("changes", std::move(changes_))));
  }

  const StepCounts& counts() const { return counts_; }

 private:
  void note(const ObservedItem& item, std::string_view change) {
    changes_.push_back({{"id", item.external_id}, {"change", change}});
  }

  const std::int64_t number_, listed_;
  std::set<std::string_view> taken_;
  json::array rows_, changes_;
  std::vector<const ObservedItem*> relinked_;
  StepCounts counts_;
};

void attempted(storage::Transaction& tx, const Listing& listing, std::string_view type, std::string_view code,
               Timestamp now) {
  tx.run(sql::coverage_attempted, with(place_of(listing, type), Param("now", now), Param("run_id", listing.run),
                                       Param("listing", listing.number), Param("code", code)));
}

}  // namespace

Listing begin_listing(storage::Transaction& tx, TenantId tenant, ConnectionId connection, RunId run) {
  const storage::Rows rows = tx.run(sql::listing_begin, {{"tenant_id", tenant}, {"connection_id", connection}});
  return {tenant, connection, run, rows[0].get<std::int64_t>("latest")};
}

StepCounts record_objects(storage::Transaction& tx, const Listing& listing, std::string_view type,
                          const std::vector<ObservedItem>& items, Timestamp now) {
  const std::int64_t listed = listed_before(tx, listing, type);
  if (listed > listing.number) return {.unchanged = static_cast<std::int64_t>(items.size())};
  const auto known = known_objects(tx, listing, type, items);
  Step step(listing.number, listed);
  for (const ObservedItem& item : items) {
    const auto before = known.find(item.external_id);
    step.add(item, before == known.end() ? nullptr : &before->second);
  }
  step.write(tx, listing, type, now);
  return step.counts();
}

std::vector<std::string> unseen_objects(storage::Transaction& tx, const Listing& listing, std::string_view type,
                                        std::string_view after, std::size_t limit) {
  std::vector<std::string> ids;
  for (const storage::Row& row :
       tx.run(sql::items_unseen, with(place_of(listing, type), Param("listing", listing.number), Param("after", after),
                                      Param("limit", limit))))
    ids.push_back(row.get<std::string>("external_id"));
  return ids;
}

bool record_listed(storage::Transaction& tx, const Listing& listing, std::string_view type, std::int64_t count,
                   Timestamp now) {
  if (listed_before(tx, listing, type) > listing.number) return false;
  attempted(tx, listing, type, "", now);
  tx.run(sql::coverage_listed, with(place_of(listing, type), Param("now", now), Param("run_id", listing.run),
                                    Param("listing", listing.number), Param("count", count)));
  return true;
}

std::int64_t record_gone(storage::Transaction& tx, const Listing& listing, std::string_view type,
                         const std::vector<std::string>& unseen, Timestamp now) {
  if (unseen.empty()) return 0;
  json::array ids, changes;
  for (const std::string& id : unseen) ids.push_back(json::value(id));
  for (const storage::Row& row : tx.run(sql::items_gone, with(place_of(listing, type), Param("ids", std::move(ids)),
                                                              Param("listing", listing.number), Param("now", now))))
    changes.push_back({{"id", row.get<std::string>("external_id")}, {"change", "gone"}});
  const auto gone = static_cast<std::int64_t>(changes.size());
  if (gone > 0)
    tx.run(sql::changes_record,
           with(place_of(listing, type), Param("run_id", listing.run), Param("changes", std::move(changes))));
  return gone;
}

void record_unlisted(storage::Transaction& tx, const Listing& listing, std::string_view type, std::string_view code,
                     Timestamp now) {
  if (listed_before(tx, listing, type) > listing.number) return;
  attempted(tx, listing, type, code, now);
}

std::int64_t forget_changes(storage::Transaction& tx, TenantId tenant, std::int64_t limit) {
  return tx.run(sql::changes_forget, {{"tenant_id", tenant}, {"limit", limit}}).affected();
}

}  // namespace ta::inventory
