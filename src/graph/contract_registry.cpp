#include "graph/contract_registry.h"

#include <fmt/format.h>

namespace ta::embedded {
std::span<const File> graph_contracts();
}

namespace ta::graph {
namespace {

tl::unexpected<Failure> wrong(std::string message) { return fail(FailureCode::internal_error, std::move(message)); }

Result<std::vector<Contract>> read_file(const embedded::File& file) {
  const auto parsed = parse_json(file.bytes);
  if (!parsed) return wrong(fmt::format("{}: {}", file.path, parsed.error().message));
  const json::value* const types = json_find(*parsed, "types");
  const std::string family = json_string(*parsed, "family");
  if (family.empty() || !types || !types->is_array() || parsed->get_object().size() != 2)
    return wrong(fmt::format("{}: needs \"family\" and a list of \"types\", and nothing else.", file.path));
  std::vector<Contract> out;
  for (const json::value& entry : types->as_array()) {
    auto contract = parse_contract(entry, family);
    if (!contract) return wrong(fmt::format("{}: {}", file.path, contract.error().message));
    out.push_back(std::move(*contract));
  }
  return out;
}

// Two types on one list must be told apart by their rows, or every row would be counted twice.
bool indistinguishable(const Contract& a, const Contract& b) {
  return a.graph_version == b.graph_version && a.list.path == b.list.path && a.list.filter == b.list.filter &&
         (!a.list.match || !b.list.match || a.list.match == b.list.match);
}

}  // namespace

const ContractRegistry& ContractRegistry::builtin() {
  static const ContractRegistry registry = [] {
    auto loaded = load(embedded::graph_contracts());
    if (!loaded) throw FailureError(loaded.error());
    return std::move(*loaded);
  }();
  return registry;
}

Result<ContractRegistry> ContractRegistry::load(std::span<const embedded::File> files) {
  ContractRegistry out;
  for (const embedded::File& file : files) {
    auto contracts = read_file(file);
    if (!contracts) return tl::make_unexpected(contracts.error());
    for (Contract& contract : *contracts) {
      const std::string complaint = out.added(std::move(contract));
      if (!complaint.empty()) return wrong(fmt::format("{}: {}", file.path, complaint));
    }
  }
  for (const Contract& contract : out.contracts_)
    if (const std::string complaint = out.unresolved(contract); !complaint.empty())
      return wrong(fmt::format("{}.json: The contract of {}: {}", contract.category, contract.id, complaint));
  return out;
}

std::string ContractRegistry::added(Contract contract) {
  for (const Contract& earlier : contracts_)
    if (indistinguishable(earlier, contract))
      return fmt::format("{} and {} share a list and nothing tells them apart.", earlier.id, contract.id);
  if (!index_.emplace(contract.id, contracts_.size()).second) return fmt::format("{} is declared twice.", contract.id);
  contracts_.push_back(std::move(contract));
  return {};
}

std::string ContractRegistry::unresolved(const Contract& contract) const {
  for (const Reference& reference : contract.references)
    for (const std::string& type : reference.types)
      if (!find(type) && !is_outside_type(type))
        return fmt::format("\"references\": {} leads to {}, which is not declared.", reference.property, type);
  if (contract.list.parent && !find(contract.list.parent->type))
    return fmt::format("\"list.parent\" is {}, which is not declared.", contract.list.parent->type);
  return {};
}

std::vector<const Contract*> ContractRegistry::synced_by_default() const {
  std::vector<const Contract*> out;
  for (const Contract& contract : contracts_)
    if (contract.sync == SyncMode::by_default) out.push_back(&contract);
  return out;
}

const Contract* ContractRegistry::find(std::string_view id) const {
  const auto at = index_.find(id);
  return at == index_.end() ? nullptr : &contracts_[at->second];
}

}  // namespace ta::graph
