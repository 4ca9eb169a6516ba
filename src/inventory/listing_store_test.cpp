#include "inventory/listing_store.h"

#include "inventory/inventory_fixture.h"
#include "inventory/item_links.sql.h"
#include "inventory/listing_store.sql.h"

namespace ta::inventory {
namespace {

using Told = std::vector<std::string>;
using ListingStoreTest = InventoryTest;
INSTANTIATE_TEST_SUITE_P(Engines, ListingStoreTest, testing::engines(), testing::engine_name);

TEST_P(ListingStoreTest, OneIdOfTwoConnectionsIsTwoObjects) {
  list(here_, {item("0", "Default of here")});
  EXPECT_EQ(list(there_, {item("0", "Default of there")}), 0);
  EXPECT_EQ(told(), (Told{"0: Default of here, seen", "0: Default of there, seen"}));
  EXPECT_EQ(told({.connection = there_}), Told{"0: Default of there, seen"});
  EXPECT_EQ(list(here_, {}), 1);
  EXPECT_EQ(told(), (Told{"0: Default of here, gone", "0: Default of there, seen"}));
  EXPECT_EQ(coverage(there_).listed_count, 1) << "a listing says nothing of the other connection";
}

TEST_P(ListingStoreTest, ALinkLeadsToAnObjectOfItsOwnConnection) {
  const ObservedItem policy = item("p", "Policy", {{"roleScopeTagIds[]", "0"}});
  list(there_, {item("0", "Default of there")});
  list(here_, {policy}, "compliance_policy");
  const auto links = [&](const Item& one) {
    return database_->read([&](storage::Transaction& tx) { return links_of(tx, tenant_, one, 10); });
  };
  const Item there = items({.connection = there_})[0];
  const Item mine = items({.type = "compliance_policy"})[0];
  ASSERT_EQ(links(mine).uses.size(), 1u);
  EXPECT_FALSE(links(mine).uses[0].item) << "the tag of the other Entra tenant is not this one's";
  EXPECT_TRUE(links(there).used_by.empty());
  list(here_, {item("0", "Default of here")});
  list(there_, {policy}, "compliance_policy");
  const auto uses = links(mine).uses;
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ(uses[0].name, "Default of here");
  EXPECT_FALSE(uses[0].gone);
  const auto used = links(there).used_by;
  ASSERT_EQ(used.size(), 1u);
  EXPECT_EQ(reader_.find(tenant_, *used[0].item)->connection, there_);
  list(here_, {});
  EXPECT_TRUE(links(mine).uses.at(0).gone);
}

TEST_P(ListingStoreTest, NobodySeesHalfAListingAsAWhole) {
  list(here_, {item("a", "A"), item("b", "B"), item("c", "C")});
  const Timestamp listed_at = *coverage(here_).listed_at;
  const Listing listing = begin(here_);
  step(listing, {item("b", "B"), item("d", "D")});
  EXPECT_EQ(told(), (Told{"a: A, seen", "b: B, seen", "c: C, seen", "d: D, seen"}));
  EXPECT_EQ(coverage(here_).listed_at, listed_at);
  EXPECT_EQ(coverage(here_).listed_count, 3);
  step(listing, {item("a", "A"), item("b", "B")});
  EXPECT_EQ(end(listing, 3), 1);
  EXPECT_EQ(told(), (Told{"a: A, seen", "b: B, seen", "c: C, gone", "d: D, seen"}));
  EXPECT_EQ(coverage(here_).listed_count, 3);
  EXPECT_EQ(items({.state = ItemState::gone}).at(0).gone_since, clock_.now());
}

TEST_P(ListingStoreTest, WhatAnInterruptedListingDidNotReachWasNotRead) {
  list(here_, {item("a", "A"), item("b", "B"), item("c", "C")});
  list(here_, {item("a", "A"), item("b", "B")});
  const Listing broken = begin(here_);
  step(broken, {item("b", "B, renamed"), item("d", "D")});
  fail(broken, "graph.throttled");
  EXPECT_EQ(told(), (Told{"a: A, not_read", "b: B, renamed, seen", "c: C, gone", "d: D, seen"}));
  EXPECT_EQ(told({.state = ItemState::not_read}), Told{"a: A, not_read"});
  EXPECT_EQ(told({.state = ItemState::seen}), (Told{"b: B, renamed, seen", "d: D, seen"}));
  EXPECT_EQ(told({.state = ItemState::gone}), Told{"c: C, gone"});
  EXPECT_EQ(coverage(here_).code, "graph.throttled");
  EXPECT_EQ(list(here_, {item("b", "B")}), 2) << "what is gone already is not found again";
  EXPECT_EQ(told(), (Told{"a: A, gone", "b: B, seen", "c: C, gone", "d: D, gone"}));
}

TEST_P(ListingStoreTest, AnEarlierListingOverwritesNothingOfALaterOne) {
  list(here_, {item("a", "A")});
  const Listing early = begin(here_), late = begin(here_);
  step(late, {item("a", "A, later"), item("b", "B")});
  EXPECT_EQ(end(late, 2), 0);
  const Coverage before = coverage(here_);
  EXPECT_EQ(step(early, {item("a", "A, earlier"), item("c", "C, deleted meanwhile")}).unchanged, 2);
  EXPECT_EQ(end(early, 2), -1);
  EXPECT_EQ(told(), (Told{"a: A, later, seen", "b: B, seen"}));
  EXPECT_EQ(coverage(here_).listed_at, before.listed_at);
  EXPECT_EQ(coverage(here_).listed_run, late.run);
  EXPECT_TRUE(noted(early.run).empty());
  fail(early, "graph.unavailable");
  EXPECT_EQ(coverage(here_).code, "");
}

TEST_P(ListingStoreTest, AnEarlierListingEndsWhileALaterOneIsAtWork) {
  list(here_, {item("a", "A"), item("b", "B"), item("c", "C")});
  const Listing early = begin(here_), late = begin(here_);
  step(late, {item("a", "A, later")});
  step(early, {item("a", "A, earlier"), item("b", "B, earlier")});
  EXPECT_EQ(end(early, 2), 1);
  EXPECT_EQ(told(), (Told{"a: A, later, seen", "b: B, earlier, seen", "c: C, gone"}));
  EXPECT_EQ(coverage(here_).listed_run, early.run);
  EXPECT_EQ(end(late, 1), 1);
  EXPECT_EQ(told(), (Told{"a: A, later, seen", "b: B, earlier, gone", "c: C, gone"}));
}

TEST_P(ListingStoreTest, ALaterFailureStaysWhenAnEarlierListingEnds) {
  list(here_, {item("a", "A"), item("b", "B")});
  const Listing early = begin(here_), late = begin(here_);
  fail(late, "graph.forbidden");
  step(early, {item("a", "A")});
  EXPECT_EQ(end(early, 1), 1);
  EXPECT_EQ(coverage(here_).code, "graph.forbidden");
  EXPECT_EQ(coverage(here_).attempted_run, late.run);
  EXPECT_EQ(coverage(here_).listed_run, early.run);
  EXPECT_EQ(told(), (Told{"a: A, not_read", "b: B, gone"}));
}

TEST_P(ListingStoreTest, NewChangedAndGoneAreNotedButNotOfAFirstReading) {
  const Listing first = begin(here_);
  EXPECT_TRUE(step(first, {item("a", "A"), item("b", "B")}).first_reading);
  end(first, 2);
  EXPECT_TRUE(noted(first.run).empty());
  const Listing second = begin(here_);
  const StepCounts counts = step(second, {item("a", "A, renamed"), item("c", "C")});
  EXPECT_FALSE(counts.first_reading);
  EXPECT_EQ(counts.created, 1);
  EXPECT_EQ(counts.updated, 1);
  end(second, 2);
  const SyncChanges changes = noted(second.run).at("scope_tag");
  EXPECT_EQ(changes.appeared, 1);
  EXPECT_EQ(changes.changed, 1);
  EXPECT_EQ(changes.gone, 1);
  EXPECT_EQ(told({.run = second.run}), (Told{"a: A, renamed, seen", "b: B, gone", "c: C, seen"}));
  EXPECT_EQ(told({.run = second.run, .change = Change::appeared}), Told{"c: C, seen"});
  EXPECT_EQ(items({.run = second.run, .change = Change::gone}).at(0).change, Change::gone);
  EXPECT_TRUE(reader_.list(other_tenant_, {.run = second.run}, ItemSort::name_asc, {}, 10).items.empty());
}

TEST_P(ListingStoreTest, WhatComesBackIsNewAndKeepsWhenItWasFirstSeen) {
  list(here_, {item("a", "A")});
  const Timestamp first = items()[0].first_seen_at;
  list(here_, {});
  const Listing third = begin(here_);
  EXPECT_EQ(step(third, {item("a", "A")}).created, 1);
  end(third, 1);
  EXPECT_EQ(noted(third.run).at("scope_tag").appeared, 1);
  EXPECT_EQ(items()[0].state, ItemState::seen);
  EXPECT_FALSE(items()[0].gone_since);
  EXPECT_EQ(items()[0].first_seen_at, first);
}

TEST_P(ListingStoreTest, AnObjectCountsOnceHoweverOftenItIsListed) {
  const Listing listing = begin(here_);
  EXPECT_EQ(step(listing, {item("a", "A"), item("a", "A")}).kept(), 1);
  EXPECT_EQ(step(listing, {item("a", "A"), item("b", "B")}).kept(), 1);
  EXPECT_EQ(items().size(), 2u);
}

TEST_P(ListingStoreTest, ManyThatAreGoneAreNotedInSteps) {
  Items many;
  for (int i = 0; i < 25; ++i) many.push_back(item(fmt::format("{:02}", i), "Object"));
  list(here_, many);
  const Listing listing = begin(here_);
  std::vector<std::string> ids =
      database_->read([&](storage::Transaction& tx) { return unseen_objects(tx, listing, "scope_tag", "", 10); });
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_EQ(ids.back(), "09");
  database_->write([&](storage::Transaction& tx) {
    EXPECT_TRUE(record_listed(tx, listing, "scope_tag", 0, clock_.now()));
    EXPECT_EQ(record_gone(tx, listing, "scope_tag", ids, clock_.now()), 10);
  });
  EXPECT_EQ(items({.state = ItemState::gone}).size(), 25u) << "all of them, from the moment the listing has ended";
  for (const Item& one : items()) EXPECT_TRUE(one.gone_since);
  ids = database_->read([&](storage::Transaction& tx) { return unseen_objects(tx, listing, "scope_tag", "09", 100); });
  EXPECT_EQ(ids.size(), 15u);
  database_->write([&](storage::Transaction& tx) {
    EXPECT_EQ(record_gone(tx, listing, "scope_tag", ids, clock_.now()), 15);
    EXPECT_EQ(record_gone(tx, listing, "scope_tag", ids, clock_.now()), 0);
  });
}

// A step that looked at all objects of its type would take longer the more there are.
TEST(ListingStorePlans, AStepLooksAtItsOwnObjectsOnly) {
  const testing::TestDatabase database(storage::Engine::sqlite);
  for (const storage::Query* query :
       {&sql::items_known, &sql::items_gone, &sql::changes_record, &sql::links_clear, &sql::links_insert}) {
    const std::string text = fmt::format("EXPLAIN QUERY PLAN {}", query->sqlite);
    storage::Params params;
    for (const char* name :
         {"tenant_id", "connection_id", "type", "run_id", "listing", "now", "ids", "changes", "links"})
      if (text.find(fmt::format(":{}", name)) != std::string::npos) params.push_back({name, "[]"});
    int looked = 0;
    for (const storage::Row& row :
         database->read([&](storage::Transaction& tx) { return tx.run_text("plan", text, params); })) {
      const auto line = row.get<std::string>("detail");
      if (line.find("inventory_items") == line.npos) continue;
      EXPECT_NE(line.find("external_id=?"), line.npos) << query->name << ": " << line;
      ++looked;
    }
    EXPECT_EQ(looked, 1) << query->name;
  }
}

TEST_P(ListingStoreTest, ChangesAreForgottenWithTheirRun) {
  list(here_, {item("a", "A")});
  const Listing kept = begin(here_), forgotten = begin(here_);
  step(forgotten, {item("a", "A, renamed"), item("b", "B")});
  const auto forget = [&] {
    return database_->write([&](storage::Transaction& tx) { return forget_changes(tx, tenant_, 1); });
  };
  EXPECT_EQ(forget(), 0);
  EXPECT_EQ(noted(forgotten.run).at("scope_tag").appeared, 1);
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("forget", "DELETE FROM operation_runs WHERE id = :id", {{"id", forgotten.run}});
  });
  EXPECT_EQ(forget(), 1);
  EXPECT_EQ(forget(), 1);
  EXPECT_EQ(forget(), 0);
  EXPECT_EQ(items().size(), 2u) << "objects stay";
  EXPECT_TRUE(noted(kept.run).empty());
}

}  // namespace
}  // namespace ta::inventory
