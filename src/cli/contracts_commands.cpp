// contracts list|show: what the program knows about Graph's object types. Reads only what is built in.
#include <iostream>
#include <set>

#include "cli/command_list.h"
#include "cli/near_matches.h"
#include "cli/table.h"
#include "cli/workspace.h"
#include "graph/capability.h"
#include "graph/contract_registry.h"

namespace ta::cli {
namespace {

using graph::Ability;
using graph::Capabilities;
using graph::Contract;
using graph::ContractRegistry;

constexpr std::array<std::string_view, 5> kCapabilities{"list", "version", "back_up", "restore", "preview"};

bool is_capable(const Contract& contract, std::string_view wanted) {
  const Capabilities can = graph::capabilities(contract);
  if (wanted == "list") return can.list.possible;
  if (wanted == "version") return can.version.possible;
  if (wanted == "back_up") return can.back_up.possible;
  return can.restore == (wanted == "restore" ? graph::RestoreMode::enabled : graph::RestoreMode::preview_only);
}

template <class Range>
void require_known(const Invocation& call, std::string_view option, const Range& known) {
  const std::string given = call.text(option);
  if (given.empty() || std::find(known.begin(), known.end(), given) != known.end()) return;
  throw UsageError(fmt::format("{} {} is not known; it is one of {}", option, given, fmt::join(known, ", ")));
}

std::vector<const Contract*> wanted(const Invocation& call) {
  std::set<std::string> families, platforms;
  for (const Contract& contract : ContractRegistry::builtin().all()) {
    families.insert(contract.category);
    platforms.insert(contract.platforms.begin(), contract.platforms.end());
  }
  require_known(call, "--family", families);
  require_known(call, "--platform", platforms);
  require_known(call, "--capability", kCapabilities);
  const auto matches = [&](const Contract& c) {
    const auto& on = c.platforms;
    return (!call.has("--family") || c.category == call.text("--family")) &&
           (!call.has("--platform") || std::find(on.begin(), on.end(), call.text("--platform")) != on.end()) &&
           (!call.has("--capability") || is_capable(c, call.text("--capability")));
  };
  std::vector<const Contract*> out;
  for (const Contract& contract : ContractRegistry::builtin().all())
    if (matches(contract)) out.push_back(&contract);
  return out;
}

json::object to_json(const Capabilities& can) {
  json::object out;
  for (const auto& [ability, key] : {std::pair{can.list, "list"}, {can.version, "version"}, {can.back_up, "back_up"}}) {
    out[key] = ability.possible;
    if (!ability.possible) out[fmt::format("{}_limit", key)] = name(ability.limit);
  }
  out["without_secrets"] = can.without_secrets;
  out["restore"] = name(can.restore);
  if (can.restore_limit != graph::Limit::none) out["restore_limit"] = name(can.restore_limit);
  return out;
}

int print_json(const Invocation& call, const std::vector<const Contract*>& contracts) {
  json::array items;
  for (const Contract* c : contracts)
    items.push_back({{"id", c->id},
                     {"label", c->label},
                     {"family", c->category},
                     {"platforms", json::value_from(c->platforms)},
                     {"graph_version", path_segment(c->graph_version)},
                     {"list_path", c->list.path},
                     {"sync", name(c->sync)},
                     {"risk", name(c->risk)},
                     {"declared_restore", name(c->restore)},
                     {"capabilities", to_json(graph::capabilities(*c))}});
  const std::size_t count = items.size();
  call.out() << json::serialize(json::object{{"contracts", std::move(items)}, {"count", count}}) << "\n";
  return kDone;
}

std::string yes(const Ability& ability) { return ability.possible ? "yes" : "-"; }

int list(const Invocation& call) {
  const std::vector<const Contract*> contracts = wanted(call);
  if (call.json()) return print_json(call, contracts);
  std::vector<std::vector<std::string>> rows;
  for (const Contract* c : contracts) {
    const Capabilities can = graph::capabilities(*c);
    rows.push_back({c->id, c->category, fmt::format("{}", fmt::join(c->platforms, " ")), yes(can.list),
                    yes(can.version), yes(can.back_up), std::string(name(can.restore)), std::string(name(c->risk))});
  }
  call.out() << text_table({"TYPE", "FAMILY", "PLATFORMS", "LIST", "VERSION", "BACK UP", "RESTORE", "RISK"}, rows);
  call.out() << fmt::format("{} of {} types.\n", contracts.size(), ContractRegistry::builtin().all().size());
  return kDone;
}

const Contract& find_contract(const Invocation& call) {
  const std::string id = call.text("TYPE");
  if (const Contract* const found = ContractRegistry::builtin().find(id)) return *found;
  std::vector<std::string> known;
  for (const Contract& contract : ContractRegistry::builtin().all()) known.push_back(contract.id);
  const std::vector<std::string> near = near_matches(id, known);
  throw CommandFailure(
      near.empty() ? fmt::format("There is no object type {}. `tenantatlas contracts list` shows all of them.", id)
                   : fmt::format("There is no object type {}. Did you mean {}?", id, fmt::join(near, ", ")));
}

using Rows = std::vector<std::vector<std::string>>;

void add(Rows& rows, std::string_view what, std::string text) {
  if (!text.empty()) rows.push_back({std::string(what), std::move(text)});
}

void add(Rows& rows, std::string_view what, const std::vector<std::string>& texts) {
  add(rows, what, fmt::format("{}", fmt::join(texts, ", ")));
}

// "POST"
std::string verb(graph::Method method) {
  std::string out(name(method));
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// "yes", or why not.
std::string text(const Ability& ability) {
  return ability.possible ? "yes" : fmt::format("no. {}", explanation(ability.limit));
}

void add_capabilities(Rows& rows, const Contract& c) {
  const Capabilities can = graph::capabilities(c);
  add(rows, "Listed", text(can.list));
  add(rows, "Versioned", text(can.version));
  add(rows, "Backed up", text(can.back_up) + (can.without_secrets ? ", without secret values" : ""));
  add(rows, "Restored", std::string(name(can.restore)));
  add(rows, "", std::string(explanation(can.restore_limit)));
  add(rows, "", c.restore_reason);
  add(rows, "Risk", std::string(name(c.risk)));
}

void add_write(Rows& rows, std::string_view what, const std::optional<graph::WriteRule>& rule, const Contract& c) {
  if (!rule) return;
  add(rows, what,
      fmt::format("{} {} ({}, {})", verb(rule->method), rule->path.empty() ? c.item_path : rule->path, rule->status,
                  name(rule->basis)));
  for (const graph::WriteStep& step : rule->then)
    add(rows, "",
        fmt::format("then {}{} {}{}", verb(step.method), step.each ? " each to" : "", c.item_path, step.path));
  add(rows, "", rule->note);
}

void add_graph(Rows& rows, const Contract& c) {
  add(rows, "Type", c.entity_type);
  add(rows, "List", fmt::format("{}/{}{}", c.single ? "one object, " : "", path_segment(c.graph_version), c.list.path));
  add(rows, "", c.list.quirks ? c.list.quirks->notes : "");
  for (const graph::Part& part : c.parts)
    add(rows, "Part",
        fmt::format("{} ({}): {}", part.name, name(part.use), part.path.empty() ? "the object" : part.path));
  const graph::Assignments& a = c.assignments;
  if (!a.write.empty())
    add(rows, "Assignments", fmt::format("{}: {} -> {} {{{}}}", name(a.mode), a.read, a.write, a.body_key));
  else
    add(rows, "Assignments", std::string(name(a.mode)));
  add(rows, "", a.note);
  add_write(rows, "Create", c.create, c);
  add_write(rows, "Update", c.update, c);
  add_write(rows, "Delete", c.remove, c);
}

void add_content(Rows& rows, const Contract& c) {
  std::vector<std::string> strip;
  for (const std::string_view property : general_strip_list(c)) strip.emplace_back(property);
  strip.insert(strip.end(), c.strip_on_create.begin(), c.strip_on_create.end());
  if (c.create) add(rows, "Stripped", strip);
  add(rows, "Volatile", c.volatile_properties);
  add(rows, "Secret values", c.secret_values);
  for (const graph::Reference& reference : c.references)
    add(rows, "Refers to", fmt::format("{} by {}", fmt::join(reference.types, " or "), reference.property));
  add(rows, "Read by", fmt::format("{}", fmt::join(c.permissions.read, " or ")));
  add(rows, "Written by",
      fmt::format("{}", fmt::join(c.permissions.write, c.permissions.write_needs_all ? " and " : " or ")));
  add(rows, "Facts from", c.verified.source);
}

int show(const Invocation& call) {
  const Contract& contract = find_contract(call);
  if (call.json()) {
    const json::object out{{"family", contract.category},
                           {"contract", graph::to_json(contract)},
                           {"capabilities", to_json(graph::capabilities(contract))}};
    call.out() << json::serialize(out) << "\n";
    return kDone;
  }
  Rows rows;
  add(rows, "Family", contract.category);
  add(rows, "Platforms", contract.platforms);
  add_capabilities(rows, contract);
  add_graph(rows, contract);
  add_content(rows, contract);
  call.out() << text_table({contract.id, contract.label}, rows);
  return kDone;
}

}  // namespace

Commands contracts_commands() {
  const Option type{.name = "TYPE",
                    .help = "The type's id, as contracts list shows it",
                    .kind = Option::Kind::argument,
                    .required = true};
  return {{"contracts list",
           "List the object types of Microsoft Graph that the program knows, and what it can do with each",
           {{.name = "--family", .help = "Only of this family, e.g. scripts"},
            {.name = "--platform", .help = "Only for this platform, e.g. windows"},
            {.name = "--capability", .help = "Only what can be: list, version, back_up, restore, preview"},
            json_option()},
           list},
          {"contracts show", "Show all that is known about one object type", {type, json_option()}, show}};
}

}  // namespace ta::cli
