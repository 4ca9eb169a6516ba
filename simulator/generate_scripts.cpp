// PowerShell scripts, macOS shell scripts and remediations.
#include <array>

#include "base/digest.h"
#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

constexpr std::array<std::string_view, 8> kTasks{
    "Map network drives", "Remove consumer apps",  "Set time zone",        "Install fonts",
    "Rename device",      "Clean temporary files", "Register asset agent", "Enable BitLocker key rotation"};

std::string powershell(std::string_view task) {
  return base64(fmt::format("# {}\r\n$ErrorActionPreference = 'Stop'\r\nWrite-Output 'done'\r\nexit 0\r\n", task));
}

json::object header(Draft& draft, std::string_view id, std::string name) {
  const auto [created, modified] = draft.dates();
  return {{"id", id},
          {"displayName", std::move(name)},
          {"description", draft.dice.chance(50) ? "" : "Reviewed by the endpoint team"},
          {"createdDateTime", created},
          {"lastModifiedDateTime", modified},
          {"roleScopeTagIds", draft.scope_tag_ids()}};
}

NewObject powershell_script(Draft& draft) {
  const std::string id = draft.dice.uuid();
  const std::string_view task = draft.dice.pick(kTasks);
  NewObject made;
  made.parts["assignments"] = draft.assignments(id, draft.usual_assignments());
  made.body = header(draft, id, draft.name("Win", task));
  append(made.body, {{"enforceSignatureCheck", draft.dice.chance(20)},
                     {"runAs32Bit", draft.dice.chance(20)},
                     {"scriptContent", powershell(task)},
                     {"runAsAccount", draft.dice.chance(70) ? "system" : "user"},
                     {"fileName", "script.ps1"}});
  return made;
}

NewObject shell_script(Draft& draft) {
  const std::string id = draft.dice.uuid();
  const std::string_view task = draft.dice.pick(kTasks);
  NewObject made;
  made.parts["assignments"] = draft.assignments(id, draft.usual_assignments());
  made.body = header(draft, id, draft.name("macOS", task));
  append(made.body, {{"executionFrequency", draft.dice.chance(60) ? "PT0S" : "P1D"},
                     {"retryCount", draft.dice.below(4)},
                     {"blockExecutionNotifications", true},
                     {"scriptContent", base64(fmt::format("#!/bin/zsh\n# {}\nexit 0\n", task))},
                     {"runAsAccount", "system"},
                     {"fileName", "script.sh"}});
  return made;
}

json::array health_assignments(Draft& draft, std::string_view id) {
  json::array assignments = draft.assignments(id, draft.usual_assignments());
  for (json::value& one : assignments) {
    json::object& assignment = one.as_object();
    assignment.erase("source");
    assignment.erase("sourceId");
    assignment["runRemediationScript"] = draft.dice.chance(80);
    assignment["runSchedule"] = json::object{{"@odata.type", graph_type("deviceHealthScriptDailySchedule")},
                                             {"interval", 1},
                                             {"useUtc", false},
                                             {"time", "09:00:00.0000000"}};
  }
  return assignments;
}

// `global`: one of Microsoft's own, which no one may delete.
NewObject health_script(Draft& draft, bool global) {
  const std::string id = draft.dice.uuid();
  const std::string_view task = draft.dice.pick(kTasks);
  NewObject made;
  made.parts["assignments"] = global ? json::array{} : health_assignments(draft, id);
  made.body = header(draft, id, global ? "Update stale group policies" : draft.name("Win", task));
  append(made.body, {{"publisher", global ? "Microsoft" : "IT Operations"},
                     {"version", global ? "1.0.0.0" : ""},
                     {"detectionScriptContent", powershell(task)},
                     {"remediationScriptContent", powershell(task)},
                     {"runAsAccount", "system"},
                     {"enforceSignatureCheck", false},
                     {"runAs32Bit", false},
                     {"isGlobalScript", global},
                     {"highestAvailableVersion", global ? json::value("1.0.0.0") : json::value(nullptr)},
                     {"deviceHealthScriptType", "deviceHealthScript"},
                     {"detectionScriptParameters", json::array{}},
                     {"remediationScriptParameters", json::array{}}});
  return made;
}

}  // namespace

std::vector<NewObject> generate_powershell_scripts(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return powershell_script(draft); });
}

std::vector<NewObject> generate_shell_scripts(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return shell_script(draft); });
}

std::vector<NewObject> generate_health_scripts(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) { return health_script(draft, i == 0); });
}

}  // namespace ta::simulator
