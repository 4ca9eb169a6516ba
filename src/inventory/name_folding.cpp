#include "inventory/name_folding.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/utf8.h"
#include "inventory/name_folding.sql.h"

namespace ta::inventory {
namespace {

constexpr std::chrono::hours kLookAgain{1};
constexpr std::chrono::milliseconds kBetweenSteps{1};  // the writer of SQLite is free for others between two steps
constexpr std::chrono::seconds kAfterFailure{30};

}  // namespace

std::size_t fold_some_names(storage::Database& database, std::size_t rows_max) {
  storage::Batch batch({"id", "name", "folded"});
  database.read([&](storage::Transaction& tx) {
    for (const storage::Row& row : tx.run(sql::items_unfolded, {{"limit", static_cast<std::int64_t>(rows_max)}})) {
      const auto name = row.get<std::string>("name");
      batch.add(row.get<InventoryItemId>("id"), name, fold_case(name));
    }
  });
  if (!batch.empty()) database.write([&](storage::Transaction& tx) { tx.run_each(sql::item_fold, batch); });
  return batch.size();
}

void NameFolding::start() {
  periodic_.start(
      [this]() -> std::chrono::milliseconds {
        const std::size_t folded = fold_some_names(database_);
        if (folded > 0) log::debug("inventory.names_folded", {{"rows", folded}});
        return folded > 0 ? kBetweenSteps : std::chrono::milliseconds(kLookAgain);
      },
      "inventory.folding_failed", kAfterFailure);
}

}  // namespace ta::inventory
