#include "graph/contract_check.h"

#include <gtest/gtest.h>

#include <functional>

#include "graph/contract_registry.h"

namespace ta::graph {
namespace {

struct Mistake {
  std::string_view named;
  std::function<void(Contract&)> make;
};

TEST(ContractCheck, EveryMistakeIsNamed) {
  const Contract good = *ContractRegistry::builtin().find("compliance_policy");
  ASSERT_EQ(problem(good), "");
  const std::vector<Mistake> mistakes{
      {"\"id\"", [](Contract& c) { c.id = "CompliancePolicy"; }},
      {"\"platforms\" has the unknown platform amiga", [](Contract& c) { c.platforms.push_back("amiga"); }},
      {"\"item_path\" must contain {id}", [](Contract& c) { c.item_path = "/deviceManagement"; }},
      {"\"list.path\"", [](Contract& c) { c.list.path = "/a?$top=1"; }},
      {"\"list.top\"", [](Contract& c) { c.list.top_max = 200; }},
      {"\"list.top\"", [](Contract& c) { c.list.top_rejected = true; }},
      {"\"list.match\"", [](Contract& c) { c.list.match = RowMatch{"@odata.type", {}, {}}; }},
      {"\"sync\" must be never while", [](Contract& c) { c.verified.path = false; }},
      {"\"sync\" must be never where",
       [](Contract& c) { c.permissions.delegated_only = DelegatedOnly::read_and_write; }},
      {"\"parts.name\" has scheduled_actions twice", [](Contract& c) { c.parts.push_back(c.parts.front()); }},
      {"\"parts.per\"", [](Contract& c) { c.parts.front().per = "nothing"; }},
      {"\"assignments.body_key\"", [](Contract& c) { c.assignments.body_key.clear(); }},
      {"\"assignments.write\"", [](Contract& c) { c.assignments.mode = AssignmentMode::inside_object; }},
      {"\"by_subtype.types\" must", [](Contract& c) { c.by_subtype = {{.read_only_properties = {"a"}}}; }},
      {"\"by_subtype.types\" are", [](Contract& c) {
         c.by_subtype = {{.types = {"microsoft.graph.x"}, .read_only_properties = {"a"}}};
       }},
      {"\"by_subtype\" must", [](Contract& c) { c.by_subtype = {{.types = {"winGetApp"}}}; }},
      {"\"create\"", [](Contract& c) { c.create->status = 404; }},
      {"\"create\" needs a path", [](Contract& c) { c.create->path.clear(); }},
      {"\"create\" is needed", [](Contract& c) { c.create.reset(); }},
      {"\"update\"", [](Contract& c) { c.update->then.front().path = "scheduleActionsForRules"; }},
      {"\"restore_order\"", [](Contract& c) { c.restore_order.reset(); }},
      {"\"permissions.write\"", [](Contract& c) { c.permissions.write.clear(); }},
      {"\"permissions.read\"", [](Contract& c) { c.permissions.read.front() = "read everything"; }},
      {"\"verified.source\"", [](Contract& c) { c.verified.source.clear(); }},
      {"\"references\"", [](Contract& c) { c.references.front().types.clear(); }},
  };
  for (const Mistake& mistake : mistakes) {
    Contract wrong = good;
    mistake.make(wrong);
    EXPECT_NE(problem(wrong).find(mistake.named), std::string::npos) << mistake.named << ": " << problem(wrong);
  }
}

}  // namespace
}  // namespace ta::graph
