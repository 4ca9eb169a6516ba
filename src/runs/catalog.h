// The catalog of operation types: what can be started, who may, and the code that does it.
//
// A type is a small struct (see operation.h) registered by one line; Monitoring, API, CLI, notifications and metrics
// read the catalog. Filled at start-up, then only read: thread-safe.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/json.h"
#include "runs/domain_adapter.h"
#include "runs/run_context.h"

namespace ta::runs {

// What a type's runs act on: two different types on one provider scope exclude each other.
enum class Scope { tenant, provider };

struct TypeDefinition {
  std::string label;       // "Inventory sync"
  std::string capability;  // who may start it, by its stable name (access)
  Scope scope = Scope::tenant;
  std::chrono::seconds expected{60};         // usual duration; longer is "taking longer than expected"
  std::chrono::seconds deadline{3600};       // one attempt is ended after this long
  bool retry_safe = false;                   // a second attempt does no harm
  int attempts_max = 5;                      // used when retry_safe
  int running_max = 0;                       // of one tenant at the same time; 0: no limit
  std::string unit = "items";                // what its progress counts
  std::string failed_unit = {};              // what its failures count, where that is something else
  std::optional<DomainAdapter> domain = {};  // its runs have a row of the module's own beside them
  // What a completed run came to, in a sentence of the type's own ("3 new, 1 gone."), from its counts and its context.
  // Its notification and its page say it. No function, or an empty text: the counts speak for themselves.
  std::function<std::string(const Run&)> result_words = {};
};

// What starting with some inputs means; made by the type from checked inputs.
struct PreparedInputs {
  json::value canonical;  // normalised: identity and payload
  std::string scope_key;  // e.g. "connection:7"; empty when the scope is the tenant
  json::object context;   // shown on the run
};

using Handler = std::function<Report(const json::value& canonical_inputs, RunContext& context)>;

struct RegisteredType {
  std::string name;
  TypeDefinition definition;
  // Checks and completes inputs from the tenant's data (such as its default connection). Fails with run.invalid_input
  // and a sentence naming the field.
  std::function<Result<PreparedInputs>(storage::Transaction&, TenantId, const json::value& inputs)> prepare;
  Handler execute;
};

class Catalog {
 public:
  // See operation.h for add<Operation>(…). A name that is taken is a programmer error.
  void add(RegisteredType type);
  const RegisteredType* find(std::string_view name) const;
  std::vector<const RegisteredType*> all() const;  // by name
  // "Unknown operation" for a type that is not registered.
  std::string label(std::string_view name) const;

 private:
  std::map<std::string, RegisteredType, std::less<>> types_;
};

}  // namespace ta::runs
