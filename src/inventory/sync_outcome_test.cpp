#include "inventory/sync_outcome.h"

#include <gtest/gtest.h>

#include "graph/contract_registry.h"

namespace ta::inventory {
namespace {

using provider_connections::ConnectionHealth;
using provider_connections::ConnectionStatus;
using enum FailureCode;

TypeFailure failed(const char* type, FailureCode code, std::string message = "") {
  return {graph::ContractRegistry::builtin().find(type), {code, std::move(message), {}}};
}

graph::ListOutcome outcome(std::size_t objects, std::optional<FailureCode> code) {
  return {.contract = graph::ContractRegistry::builtin().find("scope_tag"),
          .objects = objects,
          .pages = 1,
          .failure = code ? std::optional(Failure{*code, "", {}}) : std::nullopt};
}

TEST(SyncOutcome, OneBadTypeMakesAConnectionDegradedAndIsNamed) {
  for (const FailureCode code : {graph_unavailable, graph_unreachable, graph_throttled, graph_forbidden}) {
    const auto check = check_from_lists(139, {failed("scope_tag", code, "HTTP 504")});
    EXPECT_EQ(check.status, ConnectionStatus::connected);
    EXPECT_EQ(check.health, ConnectionHealth::degraded) << name(code);
    EXPECT_EQ(check.failure->code, code);
    EXPECT_EQ(check.failure->message, "Could not read Scope tag. HTTP 504");
  }
}

TEST(SyncOutcome, WhatConcernsTheConnectionWinsWhereverItStands) {
  for (const bool last : {false, true}) {
    std::vector<TypeFailure> failures{failed("scope_tag", graph_forbidden), failed("group", graph_throttled)};
    failures.insert(last ? failures.end() : failures.begin(), failed("mobile_app", provider_consent_missing));
    const auto check = check_from_lists(139, failures);
    EXPECT_EQ(check.status, ConnectionStatus::needs_consent);
    EXPECT_EQ(check.health, ConnectionHealth::down);
  }
  const auto check = check_from_lists(139, {failed("scope_tag", graph_forbidden), failed("group", graph_unavailable),
                                            failed("ebook", graph_forbidden)});
  EXPECT_EQ(check.failure->code, graph_unavailable) << "neither the first nor the last";
}

TEST(SyncOutcome, AConnectionThroughWhichNothingCanBeReadIsDown) {
  EXPECT_EQ(check_from_lists(2, {failed("scope_tag", graph_unavailable), failed("group", graph_unreachable)}).health,
            ConnectionHealth::down);
  EXPECT_EQ(check_from_lists(2, {failed("scope_tag", graph_forbidden), failed("group", graph_forbidden)}).health,
            ConnectionHealth::degraded);
  EXPECT_EQ(check_from_lists(2, {}).health, ConnectionHealth::ok);
}

TEST(SyncOutcome, ManyBadTypesAreNamedShortly) {
  const auto message = [](std::size_t count) {
    std::vector<TypeFailure> failures;
    for (const char* type : {"scope_tag", "group", "mobile_app", "ebook", "policy_set", "vpp_token"})
      if (failures.size() < count) failures.push_back(failed(type, graph_forbidden));
    return check_from_lists(139, failures).failure->message;
  };
  EXPECT_EQ(message(2), "Could not read Scope tag and Group.");
  EXPECT_EQ(message(4), "Could not read Scope tag, Group, App and eBook.");
  EXPECT_EQ(message(6), "Could not read Scope tag, Group, App and 3 more types.");
}

TEST(SyncOutcome, OnlyOneReasonForEverythingIsTheRunsOwn) {
  EXPECT_EQ(common_failure({outcome(0, graph_throttled), outcome(0, graph_throttled)})->code, graph_throttled);
  EXPECT_FALSE(common_failure({outcome(0, graph_throttled), outcome(0, graph_forbidden)}));
  EXPECT_FALSE(common_failure({outcome(0, graph_throttled), outcome(0, {})})) << "an empty type was read";
  EXPECT_FALSE(common_failure({outcome(3, graph_throttled)}));
  EXPECT_FALSE(common_failure({}));
}

}  // namespace
}  // namespace ta::inventory
