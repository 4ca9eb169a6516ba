// Schedules from the command line, and a real inventory sync that starts by itself.
#include "access/tenants.h"
#include "cli/cli_fixture_test.h"
#include "cli/product_fixture.h"
#include "runs/schedule_store.h"

namespace ta::cli {
namespace {

class ScheduleCommandsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ScheduleCommandsTest() {
    terminal_.environment = {{"TENANTATLAS_DATABASE", database_.url()},
                             {"TENANTATLAS_MASTER_KEY_FILE", folder_.file("master.key")}};
    EXPECT_EQ(terminal_.run({"tenant", "create", "contoso", "--time-zone", "Europe/Berlin"}).code, kDone);
  }
  Said run(std::vector<std::string> words) {
    words.insert(words.begin(), "schedule");
    return terminal_.run(words);
  }
  // Nightly, by default at 02:00.
  Said create(std::vector<std::string> more = {}, const std::string& type = "inventory.sync",
              const std::string& when = "daily 02:00") {
    std::vector<std::string> words{"create", "contoso", "Nightly", "--type", type, "--when", when};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void refused(const Said& said, std::string_view words, int code = kFailed) {
    EXPECT_EQ(said.code, code) << said.out;
    EXPECT_NE(said.err.find(words), std::string::npos) << said.err;
  }

  testing::TestDatabase database_{GetParam()};
  testing::TempDir folder_;
  Terminal terminal_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ScheduleCommandsTest, testing::engines(), testing::engine_name);

TEST_P(ScheduleCommandsTest, AreCreatedListedDisabledEnabledAndDeleted) {
  const Said made = create({"--json"});
  ASSERT_EQ(made.code, kDone) << made.err;
  EXPECT_EQ(made.json().at("when"), "daily 02:00");
  EXPECT_EQ(made.json().at("time_zone"), "Europe/Berlin") << "the tenant's";
  EXPECT_TRUE(made.json().at("next_due_at").is_string());
  EXPECT_NE(run({"list", "contoso"}).out.find("daily 02:00"), std::string::npos);
  EXPECT_EQ(run({"disable", "contoso", "Nightly", "--json"}).json().at("next_due_at"), json::value(nullptr));
  EXPECT_NE(run({"list", "contoso"}).out.find("disabled"), std::string::npos);
  EXPECT_EQ(run({"enable", "contoso", "Nightly", "--json"}).json().at("next_due_at"), made.json().at("next_due_at"));
  EXPECT_NE(run({"history", "contoso", "Nightly"}).out.find("not been due yet"), std::string::npos);
  EXPECT_EQ(run({"delete", "contoso", "Nightly"}).code, kDone);
  EXPECT_TRUE(run({"list", "contoso", "--json"}).json().at("schedules").as_array().empty());
  const auto actions = database_->read([](storage::Transaction& tx) {
    std::vector<std::string> out;
    for (const storage::Row row :
         tx.run_text("look", "SELECT action FROM audit_log WHERE target_name = 'Nightly' ORDER BY id"))
      out.push_back(row.get<std::string>("action"));
    return out;
  });
  EXPECT_EQ(actions, (std::vector<std::string>{"schedule.created", "schedule.disabled", "schedule.enabled",
                                               "schedule.deleted"}));
}

TEST_P(ScheduleCommandsTest, TheNextThreeTimesAreShownInItsZone) {
  const Said said = create({}, "inventory.sync", "weekly sat-sun 04:00");
  ASSERT_EQ(said.code, kDone) << said.err;
  for (const char* words : {"The next times:", "Sat ", "Sun ", " 04:00 CE"})
    EXPECT_NE(said.out.find(words), std::string::npos) << said.out;
  EXPECT_EQ(std::count(said.out.begin(), said.out.end(), '\n'), 4) << said.out;
  const json::value next = run({"edit", "contoso", "Nightly", "--when", "daily 05:30", "--json"}).json().at("next");
  ASSERT_EQ(next.as_array().size(), 3u);
  EXPECT_NE(next.at(0).at("local").as_string().find(" 05:30 CE"), std::string::npos);
}

TEST_P(ScheduleCommandsTest, AScheduleIsEditedAndAudited) {
  ASSERT_EQ(create().code, kDone);
  refused(run({"edit", "contoso", "Nightly"}), "Say what to change", kUsage);
  refused(run({"edit", "contoso", "Nightly", "--when", "daily 25:00"}), "no time of day");
  refused(run({"edit", "contoso", "Nightly", "--time-zone", "Mars/Base"}), "There is no time zone Mars/Base");
  refused(run({"edit", "contoso", "Nightly", "--inputs", R"({"colour": "red"})"}), "does not know");
  refused(run({"edit", "contoso", "Other", "--name", "x"}), "has no schedule Other");
  const Said said = run({"edit", "contoso", "Nightly", "--time-zone", "Asia/Tokyo", "--when", "daily 03:00", "--name",
                         "Early", "--json"});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_EQ(said.json().at("name"), "Early");
  EXPECT_EQ(said.json().at("when"), "daily 03:00");
  EXPECT_EQ(said.json().at("time_zone"), "Asia/Tokyo");
  const std::string detail = database_->read([](storage::Transaction& tx) {
    return tx
        .run_text("look", "SELECT CAST(detail AS TEXT) AS detail FROM audit_log WHERE action = 'schedule.changed'")[0]
        .get<std::string>("detail");
  });
  EXPECT_NE(detail.find("Europe/Berlin"), std::string::npos) << detail;
  EXPECT_NE(detail.find("Asia/Tokyo"), std::string::npos) << detail;
}

TEST_P(ScheduleCommandsTest, OneThatCannotBeReadSaysSoInTheListAndToTheDoctor) {
  ASSERT_EQ(create().code, kDone);
  database_->write([](storage::Transaction& tx) {
    tx.run_text("rename", "UPDATE run_schedules SET time_zone = 'Atlantis/Harbour', trouble = 'No such zone.'");
  });
  EXPECT_NE(run({"list", "contoso"}).out.find("never: No such zone."), std::string::npos);
  EXPECT_EQ(run({"list", "contoso", "--json"}).json().at("schedules").at(0).at("trouble"), "No such zone.");
  const Said doctor = terminal_.run({"doctor"});
  EXPECT_EQ(doctor.code, kFailed);
  EXPECT_NE(doctor.out.find("There is no time zone Atlantis/Harbour"), std::string::npos) << doctor.out;
  ASSERT_EQ(run({"edit", "contoso", "Nightly", "--time-zone", "UTC"}).code, kDone);
  EXPECT_EQ(terminal_.run({"doctor"}).out.find("Atlantis"), std::string::npos);
}

TEST_P(ScheduleCommandsTest, WhatMakesNoSenseIsRefusedWithASentence) {
  refused(create({}, "inventory.sync", "daily 25:00"), "no time of day");
  refused(create({"--time-zone", "Mars/Base"}), "There is no time zone Mars/Base");
  refused(create({}, "inventory.stare"), "no operation of this type");
  refused(create({"--inputs", R"({"colour": "red"})"}), "does not know");
  refused(create({"--inputs", "{"}), "--inputs", kUsage);
  refused(run({"create", "contoso", "Nightly"}), "--type", kUsage);
  refused(run({"list", "nowhere"}), "no tenant nowhere");
  refused(run({"enable", "contoso", "Nightly"}), "contoso has no schedule Nightly");
  refused(run({"history", "contoso", "Nightly", "--limit", "0"}), "--limit", kUsage);
  EXPECT_TRUE(run({"list", "contoso", "--json"}).json().at("schedules").as_array().empty());
  ASSERT_EQ(create().code, kDone);
  refused(create(), "There is a schedule Nightly already");
}

class ScheduledSyncTest : public ProductTest {};
INSTANTIATE_TEST_SUITE_P(Engines, ScheduledSyncTest, testing::engines(), testing::engine_name);

TEST_P(ScheduledSyncTest, ADailyInventorySyncStartsByItselfAndSaysSo) {
  Terminal terminal;
  terminal.environment = {{"TENANTATLAS_DATABASE", database_.url()},
                          {"TENANTATLAS_MASTER_KEY_FILE", (folder_.path() / "master.key").string()}};
  ASSERT_EQ(terminal
                .run({"schedule", "create", "contoso", "Nightly", "--type", "inventory.sync", "--when", "daily 02:00",
                      "--time-zone", "UTC"})
                .code,
            kDone);
  // It was due this very day, before the process came up.
  const Timestamp now = SystemClock().now();
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("due", "UPDATE run_schedules SET next_due_at = :due",
                {{"due", std::chrono::floor<std::chrono::days>(now) - std::chrono::hours{22}}});
  });
  process_->start_worker();
  ASSERT_TRUE(testing::eventually([&] { return count("operation_runs WHERE status = 'completed'") == 1; }));
  const json::value slots = terminal.run({"schedule", "history", "contoso", "Nightly", "--json"}).json().at("slots");
  const json::value& slot = slots.as_array().at(0);
  EXPECT_EQ(slot.at("result"), "started");
  const auto run = process_->host().reader.find(contoso().tenant.id, RunId{slot.at("run").as_int64()}).value();
  EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded);
  EXPECT_EQ(run.initiator_name, "System");
  EXPECT_EQ(run.summary_counts.processed, contoso().objects);
  EXPECT_EQ(count("notifications"), 0);
  EXPECT_NE(get("/metrics").body.find("tenantatlas_schedule_slots_total{result=\"started\",type=\"inventory.sync\"} 1"),
            std::string::npos);
}

}  // namespace
}  // namespace ta::cli
