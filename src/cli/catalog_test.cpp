// Every operation type that the program registers, looked at one by one: what it says of itself, its inputs, and when
// two starts of it are the same. What a lost worker does to each is in lost_attempt_test.cpp.
#include <regex>

#include "cli/operation_samples.h"
#include "cli/product_fixture.h"

namespace ta::cli {
namespace {

using namespace std::chrono_literals;
using runs::RegisteredType;

class CatalogTest : public ProductTest {
 protected:
  std::vector<const RegisteredType*> types() { return process_->host().catalog.all(); }
  Result<runs::RunService::PreparedStart> prepare(std::string_view type, const json::value& inputs,
                                                  TenantId tenant = TenantId{1}) {
    return process_->database().write([&](storage::Transaction& tx) {
      return process_->host().runs.prepare(tx, {tenant, std::string(type), inputs, std::nullopt});
    });
  }
  runs::RunService::PreparedStart prepare(const OperationSample& sample) {
    return prepare(sample.type, parse_json(sample.inputs).value()).value();
  }
  // What the queue keeps for the worker.
  json::value stored_payload(RunId run) {
    return database_->read([&](storage::Transaction& tx) {
      return tx.run_text("payload", "SELECT payload FROM run_jobs WHERE run_id = :run", {{"run", run}})[0]
          .get<json::value>("payload");
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, CatalogTest, testing::engines(), testing::engine_name);

TEST_P(CatalogTest, EveryTypeHasSampleInputs) {
  ASSERT_FALSE(types().empty());
  for (const RegisteredType* type : types())
    EXPECT_TRUE(std::ranges::any_of(kOperationSamples, [&](const auto& sample) { return sample.type == type->name; }))
        << type->name
        << " has no sample inputs: add a line for it to src/cli/operation_samples.h, with inputs that run "
        << "against the simulator; the tests then print its canonical inputs and its identity";
  for (const OperationSample& sample : kOperationSamples)
    EXPECT_NE(process_->host().catalog.find(sample.type), nullptr)
        << sample.type << " is not registered any more: stored runs and schedules of it can no longer be executed. If "
        << "that is meant, remove its line from src/cli/operation_samples.h";
}

TEST_P(CatalogTest, EveryTypeIsDescribedForPeople) {
  static const std::regex name("[a-z]+(_[a-z]+)*(\\.[a-z]+(_[a-z]+)*)+"), label("[A-Z][a-z]+( [a-z]+)*"),
      unit("[a-z ]+s");
  std::set<std::string> labels;
  for (const RegisteredType* type : types()) {
    SCOPED_TRACE(type->name);
    const runs::TypeDefinition& definition = type->definition;
    EXPECT_TRUE(std::regex_match(type->name, name)) << "a type's name is lower case with dots: subject.verb";
    EXPECT_LE(type->name.size(), 60u);
    EXPECT_TRUE(std::regex_match(definition.label, label)) << definition.label << ": sentence case, plain words";
    EXPECT_LE(definition.label.size(), 40u);
    EXPECT_TRUE(labels.insert(definition.label).second) << "two types are called " << definition.label;
    EXPECT_TRUE(std::regex_match(definition.unit, unit)) << definition.unit << ": what is counted, in the plural";
    EXPECT_TRUE(definition.failed_unit.empty() || std::regex_match(definition.failed_unit, unit));
    EXPECT_TRUE(access::capability_from(definition.capability).has_value())
        << "nobody can be given the capability \"" << definition.capability << "\"";
  }
}

TEST_P(CatalogTest, EveryTypeHasSaneLimits) {
  for (const RegisteredType* type : types()) {
    SCOPED_TRACE(type->name);
    const runs::TypeDefinition& definition = type->definition;
    EXPECT_GE(definition.expected, 1s);
    EXPECT_GE(definition.deadline, 2 * definition.expected) << "an ordinary slow run would be ended";
    EXPECT_LE(definition.deadline, 24h) << "a run that hangs would hold its slot for days";
    EXPECT_GE(definition.attempts_max, definition.retry_safe ? 2 : 1);
    EXPECT_LE(definition.attempts_max, 10);
    EXPECT_GE(definition.running_max, 0);
  }
}

TEST_P(CatalogTest, ADomainRowHasItsTableAndItsLink) {
  for (const RegisteredType* type : types()) {
    const auto& domain = type->definition.domain;
    if (!domain) continue;
    SCOPED_TRACE(type->name);
    EXPECT_FALSE(domain->context_key.empty());
    EXPECT_TRUE(domain->insert);
    EXPECT_NO_THROW(database_->read([&](storage::Transaction& tx) {
      return tx.run_text("columns",
                         "SELECT id, tenant_id, operation_run_id, status, outcome, started_at, completed_at, "
                         "created_at, updated_at FROM " +
                             domain->table);
    }));
  }
}

TEST_P(CatalogTest, AScopeIsNamedWhereOneIsClaimed) {
  for (const OperationSample& sample : kOperationSamples) {
    const auto prepared = prepare(sample);
    const bool provider = prepared.type.definition.scope == runs::Scope::provider;
    EXPECT_EQ(prepared.inputs.scope_key, provider ? "connection:1" : "") << sample.type;
  }
}

TEST_P(CatalogTest, InputsSurviveJsonBothWays) {
  for (const OperationSample& sample : kOperationSamples) {
    SCOPED_TRACE(sample.type);
    const auto prepared = prepare(sample);
    EXPECT_EQ(canonical_json(prepared.inputs.canonical), sample.canonical);
    const auto again = prepare(sample.type, parse_json(sample.canonical).value());
    ASSERT_TRUE(again.has_value()) << "what it writes it must read: " << again.error().message;
    EXPECT_EQ(canonical_json(again->inputs.canonical), sample.canonical);
    EXPECT_EQ(again->identity_hash, prepared.identity_hash);
    EXPECT_EQ(again->inputs.scope_key, prepared.inputs.scope_key);
    EXPECT_EQ(canonical_json(again->inputs.context), canonical_json(prepared.inputs.context));
  }
}

TEST_P(CatalogTest, InputsSurviveTheDatabase) {
  for (const OperationSample& sample : kOperationSamples) {
    const auto started =
        process_->host().runs.start({TenantId{1}, std::string(sample.type), parse_json(sample.inputs).value(), {}});
    ASSERT_TRUE(started.has_value()) << sample.type;
    ASSERT_EQ(started->disposition, runs::Disposition::created) << sample.type;
    EXPECT_EQ(canonical_json(stored_payload(started->run.id)), sample.canonical) << sample.type;
    EXPECT_EQ(started->run.run_identity_hash, sample.identity) << sample.type;
    process_->host().runs.fail_run(TenantId{1}, started->run.id, {FailureCode::internal_error, "Not needed.", {}});
  }
}

TEST_P(CatalogTest, WhatIsNoInputIsRefusedWithASentence) {
  for (const RegisteredType* type : types()) {
    for (const char* inputs : {R"({"no_such_member": 1})", "[]", "null", R"({"connection": "one"})",
                               R"({"connection": -1})", R"({"connection": 1, "types": "all", "a": {}})"}) {
      const auto refused = prepare(type->name, parse_json(inputs).value());
      ASSERT_FALSE(refused.has_value()) << type->name << " accepts " << inputs;
      EXPECT_EQ(refused.error().code, FailureCode::run_invalid_input) << type->name;
      EXPECT_TRUE(refused.error().message.ends_with(".")) << refused.error().message;
    }
  }
}

TEST_P(CatalogTest, IdentitiesAreStable) {
  std::set<std::string> identities;
  for (const OperationSample& sample : kOperationSamples) {
    const auto prepared = prepare(sample);
    EXPECT_EQ(prepared.identity_hash, sample.identity)
        << "The identity of " << sample.type << " with " << sample.inputs << " changed; its canonical inputs are now "
        << canonical_json(prepared.inputs.canonical) << ". An active run of an older version would no longer be found: "
        << "during an upgrade the same wish runs twice at once, and queued payloads may no longer parse. If that is "
        << "meant, change the line in src/cli/operation_samples.h and say so in CHANGELOG.md";
    EXPECT_TRUE(identities.insert(prepared.identity_hash).second) << "two samples are one run: " << sample.inputs;
    const auto foreign = prepare(sample.type, prepared.inputs.canonical, data_.tenants[1].tenant.id);
    EXPECT_NE(foreign->identity_hash, prepared.identity_hash) << "tenants never share a run";
  }
}

}  // namespace
}  // namespace ta::cli
