// All contracts, loaded and checked once. Immutable afterwards: any thread may read.
#pragma once
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/embedded.h"
#include "graph/contract.h"

namespace ta::graph {

class ContractRegistry {
 public:
  // The product's own contracts. A mistake in them ends the program at its start: FailureError from the first call.
  static const ContractRegistry& builtin();
  // Fails with internal.error, naming file, type and member, when a file is malformed or has an unknown member, an id
  // is declared twice, a reference or parent leads nowhere, or two types that share a list could both claim a row of
  // it.
  static Result<ContractRegistry> load(std::span<const embedded::File> files);

  // nullptr for a type that is not declared: nothing may be called for it.
  const Contract* find(std::string_view id) const;
  std::span<const Contract> all() const { return contracts_; }  // by category, then as declared
  // What inventory.sync lists when no types are chosen.
  std::vector<const Contract*> synced_by_default() const;

 private:
  // Both: empty, or what is wrong.
  std::string added(Contract contract);
  std::string unresolved(const Contract& contract) const;

  std::vector<Contract> contracts_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace ta::graph
