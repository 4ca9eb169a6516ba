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
  if (family.empty() || !types || !types->is_array())
    return wrong(fmt::format("{}: needs \"family\" and a list of \"types\".", file.path));
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
  return a.version == b.version && a.list.path == b.list.path && a.list.filter == b.list.filter &&
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
      for (const Contract& earlier : out.contracts_)
        if (indistinguishable(earlier, contract))
          return wrong(fmt::format("{}: {} and {} share a list and nothing tells them apart.", file.path, earlier.id,
                                   contract.id));
      if (!out.index_.emplace(contract.id, out.contracts_.size()).second)
        return wrong(fmt::format("{}: {} is declared twice.", file.path, contract.id));
      out.contracts_.push_back(std::move(contract));
    }
  }
  return out;
}

const Contract* ContractRegistry::find(std::string_view id) const {
  const auto at = index_.find(id);
  return at == index_.end() ? nullptr : &contracts_[at->second];
}

}  // namespace ta::graph
