#include "cli/cli_fixture_test.h"
#include "cli/near_matches.h"
#include "graph/contract_registry.h"

namespace ta::cli {
namespace {

class ContractsCommandsTest : public ::testing::Test {
 protected:
  Said run(std::vector<std::string> words) {
    words.insert(words.begin(), "contracts");
    return terminal_.run(words);
  }
  json::value answer(std::vector<std::string> words) {
    words.push_back("--json");
    const Said said = run(words);
    EXPECT_EQ(said.code, kDone) << said.err;
    return said.json();
  }
  static std::set<std::string> ids(const json::value& answer) {
    std::set<std::string> out;
    for (const json::value& item : answer.at("contracts").as_array()) out.emplace(item.at("id").as_string());
    return out;
  }

  Terminal terminal_;
};

TEST_F(ContractsCommandsTest, ListsEveryTypeWithWhatItCan) {
  const json::value all = answer({"list"});
  EXPECT_EQ(all.at("count"), 148);
  EXPECT_EQ(ids(all).size(), 148u);
  const auto& items = all.at("contracts").as_array();
  const auto ring = std::find_if(items.begin(), items.end(), [](auto& item) { return item.at("id") == "update_ring"; });
  EXPECT_EQ(*ring,
            json::parse(R"({"id":"update_ring","label":"Windows update ring","family":"updates","platforms":["windows"],
                            "graph_version":"beta","list_path":"/deviceManagement/deviceConfigurations",
                            "sync":"by_default","risk":"medium","declared_restore":"enabled",
                            "capabilities":{"list":true,"version":true,"back_up":true,"without_secrets":false,
                            "restore":"enabled"}})"))
      << json::serialize(*ring);
}

TEST_F(ContractsCommandsTest, FiltersNarrowTheList) {
  EXPECT_EQ(ids(answer({"list", "--family", "compliance"})).size(), 5u);
  EXPECT_EQ(answer({"list", "--capability", "restore"}).at("count"), 21);
  EXPECT_EQ(answer({"list", "--capability", "preview"}).at("count"), 78);
  EXPECT_EQ(answer({"list", "--capability", "list"}).at("count"), 142);
  EXPECT_EQ(ids(answer({"list", "--family", "scripts", "--platform", "linux"})),
            std::set<std::string>{"linux_script_policy"});
  const Said wrong = run({"list", "--family", "script"});
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_NE(wrong.err.find("scripts"), std::string::npos) << wrong.err;
}

TEST_F(ContractsCommandsTest, ATableForPeople) {
  const Said said = run({"list", "--family", "compliance"});
  EXPECT_EQ(said.code, kDone);
  EXPECT_TRUE(said.out.starts_with("TYPE")) << said.out;
  EXPECT_TRUE(said.out.ends_with("5 of 148 types.\n")) << said.out;
}

TEST_F(ContractsCommandsTest, ShowsTheWholeRecord) {
  const json::value shown = answer({"show", "group"});
  EXPECT_EQ(shown.at("family"), "entra_directory");
  EXPECT_EQ(shown.at("contract"), graph::to_json(*graph::ContractRegistry::builtin().find("group")));
  EXPECT_EQ(shown.at("capabilities").at("restore_limit"), "marked_preview_only");
  EXPECT_EQ(answer({"show", "inventory_policy"}).at("capabilities").at("list_limit"), "path_not_verified");
}

TEST_F(ContractsCommandsTest, ShowsEveryTypeToPeople) {
  for (const graph::Contract& contract : graph::ContractRegistry::builtin().all()) {
    const Said said = run({"show", contract.id});
    EXPECT_EQ(said.code, kDone);
    EXPECT_NE(said.out.find(contract.label), std::string::npos) << said.out;
    EXPECT_NE(said.out.find(contract.permissions.read.front()), std::string::npos) << said.out;
    EXPECT_NE(said.out.find(contract.restore_reason), std::string::npos) << said.out;
  }
}

TEST_F(ContractsCommandsTest, AnUnknownTypeNamesItsNeighbours) {
  const Said said = run({"show", "setings_catalog_policy"});
  EXPECT_EQ(said.code, kFailed);
  EXPECT_NE(said.err.find("Did you mean settings_catalog_policy?"), std::string::npos) << said.err;
  const Said hopeless = run({"show", "xyzzy"});
  EXPECT_EQ(hopeless.code, kFailed);
  EXPECT_NE(hopeless.err.find("contracts list"), std::string::npos) << hopeless.err;
  EXPECT_EQ(run({"show"}).code, kUsage);
}

TEST_F(ContractsCommandsTest, HelpNamesTheFilters) {
  const Said said = run({"list", "--help"});
  EXPECT_EQ(said.code, kDone);
  for (const char* option : {"--family", "--platform", "--capability", "--json"})
    EXPECT_NE(said.out.find(option), std::string::npos) << said.out;
}

TEST(NearMatches, AreWordsThatHoldTheGivenOneOrDifferByFewLetters) {
  const std::vector<std::string> known{"group", "group_setting", "update_ring", "scope_tag", "named_location"};
  EXPECT_EQ(near_matches("grup", known), std::vector<std::string>{"group"});
  EXPECT_EQ(near_matches("group", known), (std::vector<std::string>{"group", "group_setting"}));
  EXPECT_EQ(near_matches("scopetag", known), std::vector<std::string>{"scope_tag"});
  EXPECT_TRUE(near_matches("mailbox", known).empty());
  EXPECT_TRUE(near_matches("", known).empty());
}

}  // namespace
}  // namespace ta::cli
