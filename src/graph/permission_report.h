// What an app with certain application permissions can do with certain types, and what to ask for where it cannot.
// Pure: for a report before anything runs.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "graph/contract.h"

namespace ta::graph {

struct TypeAccess {
  const Contract* contract = nullptr;
  bool readable = false;
  bool writable = false;
  bool user_only_read = false;  // no permission lets an app read it
  bool user_only_write = false;
  // Empty where nothing helps or nothing is missing. Alternatives, least privilege first …
  std::vector<std::string> missing_to_read;
  // … but all of them together where the contract's writes need all. Writing needs reading too; that is said above.
  std::vector<std::string> missing_to_write;
};

struct ModuleAccess {
  std::string category;
  std::vector<TypeAccess> types;
  int readable = 0, writable = 0;
  // The fewest permissions that would make every readable or writable type so, least privilege first.
  std::vector<std::string> ask_to_read, ask_to_write;
};

// `granted` as a token's roles spell them. X.ReadWrite.Y counts as X.Read.Y. Modules come in the order of `types`; only
// types that the product writes count as writable.
std::vector<ModuleAccess> permission_report(std::span<const std::string> granted,
                                            std::span<const Contract* const> types);

// What a 403 from the list of `contract` means to an app with these permissions. Where it holds none that suffices, the
// message names what is missing. Where it does, and Microsoft does not speak of permissions, it is graph.refused.
Failure explain_refusal(Failure failure, const Contract& contract, std::span<const std::string> granted);

}  // namespace ta::graph
