#include "runs/catalog.h"

#include <cassert>

namespace ta::runs {

void Catalog::add(RegisteredType type) {
  assert(!type.definition.label.empty() && !type.definition.capability.empty());
  std::string name = type.name;
  [[maybe_unused]] const bool added = types_.emplace(std::move(name), std::move(type)).second;
  assert(added && "an operation type is registered once");
}

const RegisteredType* Catalog::find(std::string_view name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : &found->second;
}

std::vector<const RegisteredType*> Catalog::all() const {
  std::vector<const RegisteredType*> list;
  for (const auto& [name, type] : types_) list.push_back(&type);
  return list;
}

std::string Catalog::label(std::string_view name) const {
  const RegisteredType* type = find(name);
  return type ? type->definition.label : "Unknown operation";
}

}  // namespace ta::runs
