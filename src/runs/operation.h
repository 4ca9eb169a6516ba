// Registering an operation: a struct that says what it is, when two starts are the same, and what it does.
// CONTRIBUTING.md shows a whole one, which four_steps_test.cpp compiles and runs.
//
// Inputs are described once: that gives the JSON both ways, the refusal of unknown or missing members, and the
// identity. Inputs may also have: `resolve(tx, tenant)`, filling in what was left out from the tenant's data;
// `normalise()`, giving equal meanings one spelling (a set's order); `problem()`, a sentence when they make no sense;
// `scope_key()`, naming the provider scope; `context()`, shown on the run. A handler object is made per attempt.
#pragma once
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <concepts>

#include "runs/catalog.h"

namespace ta::runs {

// Reading one member of the inputs; the message names what was expected.
inline bool read_input(const json::value& from, std::string& to) {
  if (from.is_string()) to = from.get_string();
  return from.is_string();
}
inline bool read_input(const json::value& from, bool& to) {
  if (from.is_bool()) to = from.get_bool();
  return from.is_bool();
}
inline bool read_input(const json::value& from, std::int64_t& to) {
  json::error_code error;
  to = from.to_number<std::int64_t>(error);
  return !error;
}
template <class Tag>
bool read_input(const json::value& from, Id<Tag>& to) {
  return read_input(from, to.value) && to.value > 0;
}
template <class T>
bool read_input(const json::value& from, std::vector<T>& to) {
  if (!from.is_array()) return false;
  for (const json::value& item : from.get_array())
    if (!read_input(item, to.emplace_back())) return false;
  return true;
}
template <class T>
bool read_input(const json::value& from, std::optional<T>& to) {
  if (from.is_null()) return to = std::nullopt, true;
  return read_input(from, to.emplace());
}

template <class T>
json::value write_input(const T& value) {
  return json::value_from(value);
}
template <class Tag>
json::value write_input(const Id<Tag>& id) {
  return id.value;
}
template <class T>
json::value write_input(const std::optional<T>& value) {
  return value ? write_input(*value) : json::value(nullptr);
}

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class Inputs>
using InputMembers = boost::describe::describe_members<Inputs, boost::describe::mod_public>;

// Every member must be there (optional ones may be absent or null) and no other.
template <class Inputs>
Result<Inputs> read_inputs(const json::value& value) {
  if (!value.is_object()) return fail(FailureCode::run_invalid_input, "The inputs must be a JSON object.");
  Inputs inputs;
  std::string problem;
  std::size_t known = 0;
  boost::mp11::mp_for_each<InputMembers<Inputs>>([&](auto member) {
    auto& target = inputs.*member.pointer;
    const json::value* found = value.get_object().if_contains(member.name);
    known += found != nullptr;
    if (!found && !IsOptional<std::decay_t<decltype(target)>>::value && problem.empty())
      problem = fmt::format("The input \"{}\" is missing.", member.name);
    if (found && !read_input(*found, target) && problem.empty())
      problem = fmt::format("The input \"{}\" has the wrong type.", member.name);
  });
  if (problem.empty() && known != value.get_object().size())
    problem = "The inputs have a member that this operation does not know.";
  if (!problem.empty()) return fail(FailureCode::run_invalid_input, problem);
  return inputs;
}

template <class Inputs>
json::object write_inputs(const Inputs& inputs) {
  json::object out;
  boost::mp11::mp_for_each<InputMembers<Inputs>>(
      [&](auto member) { out[member.name] = write_input(inputs.*member.pointer); });
  return out;
}

template <class Operation>
Result<PreparedInputs> prepare_inputs([[maybe_unused]] storage::Transaction& tx, [[maybe_unused]] TenantId tenant,
                                      const json::value& value) {
  auto inputs = read_inputs<typename Operation::Inputs>(value);
  if (!inputs) return tl::make_unexpected(inputs.error());
  if constexpr (requires { inputs->resolve(tx, tenant); }) inputs->resolve(tx, tenant);
  if constexpr (requires { inputs->normalise(); }) inputs->normalise();
  if constexpr (requires { inputs->problem(); }) {
    if (std::string problem = inputs->problem(); !problem.empty())
      return fail(FailureCode::run_invalid_input, std::move(problem));
  }
  PreparedInputs prepared;
  prepared.canonical = write_inputs(*inputs);
  if constexpr (requires { inputs->scope_key(); }) prepared.scope_key = inputs->scope_key();
  if constexpr (requires { inputs->context(); }) prepared.context = inputs->context();
  return prepared;
}

template <class Operation, class Make>
void add_operation(Catalog& catalog, TypeDefinition definition, Make make) {
  RegisteredType type{std::string(Operation::kType), std::move(definition), &prepare_inputs<Operation>, {}};
  type.execute = [make](const json::value& stored, RunContext& context) {
    const auto inputs = read_inputs<typename Operation::Inputs>(stored);
    if (!inputs) return Report::failed(inputs.error());
    return make().run(*inputs, context);
  };
  catalog.add(std::move(type));
}

}  // namespace ta::runs
