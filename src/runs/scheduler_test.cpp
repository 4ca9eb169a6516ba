// Starting what is due: each slot once whatever happens. Behaviours 21 and 22 of the engine's contract.
#include "runs/scheduler.h"

#include <prometheus/text_serializer.h>

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::string_view text) { return parse_rfc3339(text).value(); }

struct SlotInputs {
  std::string slot;
};
BOOST_DESCRIBE_STRUCT(SlotInputs, (), (slot))

// A type whose identity is the slot.
struct SlotProbe {
  static constexpr std::string_view kType = "test.slot";
  using Inputs = SlotInputs;
  std::vector<std::string>& seen;
  Report run(const Inputs& inputs, RunContext&) {
    seen.push_back(inputs.slot);
    return Report::done();
  }
};

// The clock stands at 2026-11-21T08:41:07Z.
class SchedulerTest : public EngineTest {
 protected:
  SchedulerTest() {
    add_operation<SlotProbe>(catalog_, {.label = "Slot probe", .capability = "runs.start"},
                             [this] { return SlotProbe{seen_}; });
    // Its identity is its inputs, whatever they are; checking them may take a minute.
    RegisteredType any{.name = "test.raced", .definition = {.label = "Any", .capability = "runs.start"}};
    any.execute = [](const json::value&, RunContext&) { return Report::done(); };
    any.prepare = [this](storage::Transaction&, TenantId, const json::value& inputs) -> Result<PreparedInputs> {
      if (losing_) clock_.advance(1min);
      return PreparedInputs{inputs, "", {}};
    };
    catalog_.add(std::move(any));
  }
  RunSchedule make(std::string spec, json::value inputs = json::object{{"connection", 7}, {"types", {"a"}}},
                   std::string name = "Nightly", std::string type = "test.probe", std::string zone = "UTC") {
    return create({kContoso, std::move(name), std::move(type), std::move(inputs), std::move(spec), std::move(zone)})
        .value();
  }
  Result<RunSchedule> create(const NewSchedule& wanted) {
    return database_->write(
        [&](storage::Transaction& tx) { return create_schedule(tx, catalog_, wanted, clock_.now()); });
  }
  RunSchedule again(const RunSchedule& schedule) {
    return database_->read(
        [&](storage::Transaction& tx) { return find_schedule(tx, schedule.tenant_id, schedule.name).value(); });
  }
  // The newest first.
  std::vector<ScheduleSlot> slots(const RunSchedule& schedule) {
    return database_->read([&](storage::Transaction& tx) { return schedule_slots(tx, schedule, 2'000); });
  }
  // "2026-11-21T08:42:00Z started", the oldest first.
  std::vector<std::string> history(const RunSchedule& schedule) {
    std::vector<std::string> out;
    for (const ScheduleSlot& slot : slots(schedule))
      out.insert(out.begin(), fmt::format("{} {}{}{}", to_rfc3339(slot.slot), name(slot.result),
                                          slot.code.empty() ? "" : " " + slot.code,
                                          slot.slots > 1 ? fmt::format(" x{}", slot.slots) : ""));
    return out;
  }
  using History = std::vector<std::string>;
  // Moves the clock and looks.
  Scheduler::Counts look_at(std::string_view time) {
    clock_.set(at(time));
    return scheduler_.run_once();
  }
  void look_often(std::string_view from, std::string_view to) {
    for (Timestamp now = at(from); now <= at(to); now += 10min) {
      clock_.set(now);
      if (scheduler_.run_once().fired > 0) finish_runs();
    }
  }
  void finish_runs() {
    auto all = worker({.slots = 8});
    while (all.run_once() > 0) continue;
  }
  void execute(std::string_view sql) {
    database_->write([&](storage::Transaction& tx) { tx.run_text("test", sql); });
  }

  double metric(const std::string& series) const {
    const std::string all = "\n" + prometheus::TextSerializer().Serialize(metrics_.collect());
    const auto at = all.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
  }

  bool losing_ = false;
  std::vector<std::string> seen_;  // slots that were executed
  Leadership leadership_{*database_, clock_, "anna"};
  Scheduler scheduler_{*database_, service_, clock_, leadership_};
};
INSTANTIATE_TEST_SUITE_P(Engines, SchedulerTest, testing::engines(), testing::engine_name);

TEST_P(SchedulerTest, ASlotStartsARunAsTheSystemWithoutNotification) {
  const RunSchedule nightly = make("daily 02:00");
  EXPECT_EQ(nightly.next_due_at, at("2026-11-22T02:00:00Z"));
  EXPECT_EQ(look_at("2026-11-22T01:59:59Z").fired, 0);
  EXPECT_EQ(look_at("2026-11-22T02:00:03Z").fired, 1);
  EXPECT_EQ(scheduler_.run_once().fired, 0);
  const auto done = slots(nightly);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].slot, at("2026-11-22T02:00:00Z"));
  EXPECT_EQ(done[0].fired_at, at("2026-11-22T02:00:03Z"));
  const Run run = reload(done[0].run.value());
  EXPECT_EQ(run.initiator_name, "System");
  EXPECT_EQ(run.user_id, std::nullopt);
  EXPECT_EQ(run.context.at("start_surface"), "Schedule");
  EXPECT_EQ(run.context.at("schedule"), "Nightly");
  EXPECT_EQ(run.context.at("slot"), "2026-11-22T02:00:00Z");
  EXPECT_EQ(count("run_jobs WHERE priority = 1"), 1) << "scheduled";
  finish_runs();
  EXPECT_EQ(reload(run.id).outcome, RunOutcome::succeeded);
  EXPECT_EQ(count("notifications"), 0);
  EXPECT_EQ(again(nightly).next_due_at, at("2026-11-23T02:00:00Z"));
  EXPECT_EQ(again(nightly).last_slot, at("2026-11-22T02:00:00Z"));
}

TEST_P(SchedulerTest, ASchedulerThatWasDownForADayMakesUpForOneSlot) {
  const RunSchedule often = make("cron */10 * * * *");
  const RunSchedule nightly = make("daily 02:00", json::object{{"connection", 7}, {"types", {"b"}}}, "Other");
  const auto counts = look_at("2026-11-22T08:47:00Z");
  EXPECT_EQ(counts.fired, 2);
  EXPECT_EQ(history(often),
            (History{"2026-11-21T08:50:00Z skipped schedule.missed x143", "2026-11-22T08:40:00Z started"}));
  EXPECT_EQ(history(nightly), (History{"2026-11-22T02:00:00Z started"}));
  EXPECT_EQ(count("operation_runs"), 2);
  EXPECT_EQ(again(often).next_due_at, at("2026-11-22T08:50:00Z"));
  EXPECT_EQ(scheduler_.run_once().fired, 0);
}

TEST_P(SchedulerTest, AYearOfMissedMinutesIsNoWorkEither) {
  const RunSchedule minutely = make("cron * * * * *");
  EXPECT_EQ(look_at("2027-11-21T08:41:30Z").fired, 1);
  EXPECT_EQ(history(minutely),
            (History{"2026-11-21T08:42:00Z skipped schedule.missed x10000", "2027-11-21T08:41:00Z started"}));
}

TEST_P(SchedulerTest, APreviousRunThatIsStillActiveSkipsTheSlot) {
  const RunSchedule often = make("cron * * * * *");
  look_at("2026-11-21T08:42:00Z");
  EXPECT_EQ(look_at("2026-11-21T08:43:00Z").skipped, 1);
  EXPECT_EQ(look_at("2026-11-21T08:44:00Z").skipped, 1);
  finish_runs();
  EXPECT_EQ(look_at("2026-11-21T08:45:00Z").fired, 1);
  EXPECT_EQ(history(often),
            (History{"2026-11-21T08:42:00Z started", "2026-11-21T08:43:00Z skipped schedule.still_running",
                     "2026-11-21T08:44:00Z skipped schedule.still_running", "2026-11-21T08:45:00Z started"}));
}

TEST_P(SchedulerTest, APersonsEqualRunStandsForTheSlotAndKeepsItsInitiator) {
  const RunSchedule often = make("cron * * * * *");
  const RunId run = start(request()).run.id;
  EXPECT_EQ(look_at("2026-11-21T08:42:00Z").fired, 1);
  EXPECT_EQ(slots(often)[0].result, SlotResult::joined);
  EXPECT_EQ(slots(often)[0].run, run);
  EXPECT_EQ(reload(run).initiator_name, "Alva");
}

TEST_P(SchedulerTest, AnotherOperationOnTheConnectionSkipsTheSlot) {
  const RunSchedule often = make("cron * * * * *");
  StartRequest other = request();
  other.type = "test.other";
  start(other);
  EXPECT_EQ(look_at("2026-11-21T08:42:00Z").skipped, 1);
  finish_runs();
  EXPECT_EQ(look_at("2026-11-21T08:43:00Z").fired, 1);
  EXPECT_EQ(history(often),
            (History{"2026-11-21T08:42:00Z skipped schedule.scope_busy", "2026-11-21T08:43:00Z started"}));
}

TEST_P(SchedulerTest, TheSlotMayBePartOfTheIdentity) {
  make("cron * * * * *", json::object{{"slot", "$slot"}}, "Slots", "test.slot");
  make("cron * * * * *", json::object{{"slot", "$slot"}}, "The same", "test.slot");
  EXPECT_EQ(look_at("2026-11-21T08:42:00Z").fired, 2);
  EXPECT_EQ(count("operation_runs"), 1) << "the second one joined";
  finish_runs();
  look_at("2026-11-21T08:43:00Z");
  finish_runs();
  EXPECT_EQ(seen_, (std::vector<std::string>{"2026-11-21T08:42:00Z", "2026-11-21T08:43:00Z"}));
}

TEST_P(SchedulerTest, InputsThatNoLongerParseFailTheirSlotAndNoOthers) {
  const RunSchedule broken = make("cron * * * * *", json::object{{"connection", 7}, {"types", {"b"}}}, "Broken");
  const RunSchedule gone = make("cron * * * * *", json::object{{"connection", 7}, {"types", {"c"}}}, "Gone");
  const RunSchedule good = make("cron * * * * *", json::object{{"connection", 7}, {"types", {"d"}}}, "Good");
  execute("UPDATE run_schedules SET inputs = '{\"connection\": 7}' WHERE name = 'Broken'");
  execute("UPDATE run_schedules SET type = 'test.unregistered' WHERE name = 'Gone'");
  const auto counts = look_at("2026-11-21T08:42:00Z");
  EXPECT_EQ(counts.failed, 2);
  EXPECT_EQ(counts.fired, 1);
  EXPECT_EQ(history(broken), (History{"2026-11-21T08:42:00Z failed run.invalid_input"}));
  EXPECT_EQ(slots(broken)[0].message, "The input \"types\" is missing.");
  EXPECT_EQ(slots(gone)[0].message, "There is no operation of this type.");
  EXPECT_EQ(slots(good)[0].result, SlotResult::started);
  EXPECT_EQ(look_at("2026-11-21T08:43:00Z").failed, 2) << "and they go on";
}

TEST_P(SchedulerTest, AHandlerOfInputsThatThrowsFailsItsSlotAndLeavesNothingBehind) {
  RegisteredType type = *catalog_.find("test.local");
  type.name = "test.throwing";
  type.prepare = [this](storage::Transaction& tx, TenantId, const json::value&) -> Result<PreparedInputs> {
    if (clock_.now() < at("2026-11-21T08:42:00Z")) return PreparedInputs{json::object{}, "", {}};
    tx.run_text("half", "UPDATE tenants SET name = 'Half'");
    throw std::runtime_error("Bearer eyJhbGciOi.secret.token was refused");
  };
  catalog_.add(type);
  const RunSchedule throwing = make("cron * * * * *", json::object{}, "Throwing", "test.throwing");
  EXPECT_EQ(look_at("2026-11-21T08:42:00Z").failed, 1);
  EXPECT_EQ(history(throwing), (History{"2026-11-21T08:42:00Z failed internal.error"}));
  EXPECT_EQ(count("tenants WHERE name = 'Half'"), 0);
  EXPECT_EQ(slots(throwing)[0].message, "") << "the log has it, redacted";
}

TEST_P(SchedulerTest, ADispatchThatThrowsIsTheSlotsFailure) {
  RunService service{*database_, catalog_, clock_,
                     feed_,      metrics_, [](auto&, auto&) { throw std::runtime_error("queue is away"); }};
  Scheduler scheduler(*database_, service, clock_, leadership_);
  const RunSchedule often = make("cron * * * * *");
  clock_.set(at("2026-11-21T08:42:00Z"));
  EXPECT_EQ(scheduler.run_once().failed, 1);
  EXPECT_EQ(history(often), (History{"2026-11-21T08:42:00Z failed queue.dispatch_failed"}));
  EXPECT_EQ(reload(slots(often)[0].run.value()).outcome, RunOutcome::failed);
  EXPECT_EQ(look_at("2026-11-21T08:43:00Z").fired, 1) << "the next slot starts";
}

TEST_P(SchedulerTest, AZoneThatCannotBeReadHurtsOneScheduleAndItRecoversByItself) {
  const json::object inputs{{"slot", "$slot"}};
  const RunSchedule moved = make("daily 09:00", inputs, "Moved", "test.slot");
  const RunSchedule sound = make("daily 09:00", inputs, "Sound", "test.slot");
  execute("UPDATE run_schedules SET time_zone = 'Atlantis/Harbour' WHERE name = 'Moved'");
  const auto first = look_at("2026-11-21T09:00:00Z");
  EXPECT_EQ(first.failed, 1);
  EXPECT_EQ(first.fired, 1) << "the other one";
  const RunSchedule broken = again(moved);
  EXPECT_EQ(broken.trouble, "There is no time zone Atlantis/Harbour. Enter one such as Europe/Berlin.");
  EXPECT_EQ(broken.next_due_at, at("2026-11-21T09:05:00Z")) << "when it is tried again";
  EXPECT_EQ(slots(moved)[0].message, broken.trouble);
  const auto in_trouble = [&] {
    return database_->read([](storage::Transaction& tx) { return schedules_in_trouble(tx, kContoso); });
  };
  ASSERT_EQ(in_trouble().size(), 1u);
  EXPECT_EQ(in_trouble()[0].name, "Moved");
  for (const char* later : {"2026-11-21T09:05:00Z", "2026-11-22T09:00:00Z", "2026-11-23T09:30:00Z"})
    EXPECT_EQ(look_at(later).failed, 0) << "said once";
  EXPECT_EQ(history(moved), (History{"2026-11-21T09:00:00Z failed schedule.zone_unreadable"}));
  execute("UPDATE run_schedules SET time_zone = 'UTC' WHERE name = 'Moved'");
  finish_runs();
  EXPECT_EQ(look_at("2026-11-23T09:40:00Z").fired, 1);
  EXPECT_EQ(again(moved).trouble, "");
  EXPECT_EQ(again(moved).next_due_at, at("2026-11-24T09:00:00Z"));
  EXPECT_EQ(history(moved), (History{"2026-11-21T09:00:00Z failed schedule.zone_unreadable",
                                     "2026-11-22T09:00:00Z skipped schedule.missed", "2026-11-23T09:00:00Z started"}));
  EXPECT_TRUE(in_trouble().empty());
  EXPECT_EQ(history(sound).size(), 3u);
}

TEST_P(SchedulerTest, ARuleThatIsReadableAgainBeforeItsNextSlotWaitsForThat) {
  const RunSchedule moved = make("daily 09:00", json::object{{"slot", "$slot"}}, "Moved", "test.slot");
  execute("UPDATE run_schedules SET spec = 'whenever'");
  EXPECT_EQ(look_at("2026-11-21T09:00:00Z").failed, 1);
  execute("UPDATE run_schedules SET spec = 'daily 09:00'");
  const auto healed = look_at("2026-11-21T09:10:00Z");
  EXPECT_EQ(healed.fired + healed.failed + healed.skipped, 0) << "that slot is in the history";
  EXPECT_EQ(again(moved).trouble, "");
  EXPECT_EQ(again(moved).next_due_at, at("2026-11-22T09:00:00Z"));
  EXPECT_EQ(history(moved), (History{"2026-11-21T09:00:00Z failed schedule.invalid"}));
}

TEST_P(SchedulerTest, AScheduleIsChanged) {
  const json::object inputs{{"slot", "$slot"}};
  const RunSchedule nightly = make("daily 09:00", inputs, "Nightly", "test.slot");
  make("daily 09:00", inputs, "Other", "test.slot");
  const auto edit = [&](const ScheduleChange& change) {
    return database_->write(
        [&](storage::Transaction& tx) { return edit_schedule(tx, catalog_, again(nightly), change, clock_.now()); });
  };
  EXPECT_NE(edit({.name = "Other"}).error().message.find("There is a schedule Other"), std::string::npos);
  EXPECT_FALSE(edit({.spec = "whenever"}));
  EXPECT_EQ(edit({.time_zone = "Atlantis/Harbour"}).error().code, FailureCode::schedule_zone_unreadable);
  EXPECT_FALSE(edit({.inputs = json::object{{"colour", "red"}}}));
  EXPECT_EQ(again(nightly).updated_at, nightly.updated_at) << "nothing was changed";
  execute("UPDATE run_schedules SET trouble = 'x', last_slot = NULL");
  const auto changed = edit({.spec = "Daily 08:50", .time_zone = "Europe/Berlin"});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->spec, "daily 08:50");
  EXPECT_EQ(changed->next_due_at, at("2026-11-22T07:50:00Z"));
  EXPECT_EQ(changed->trouble, "");
  EXPECT_EQ(changed->inputs, json::value(inputs));
  const auto renamed = edit({.name = "Early"});
  ASSERT_TRUE(renamed);
  EXPECT_EQ(renamed->name, "Early");
  EXPECT_EQ(renamed->spec, "daily 08:50");
}

TEST_P(SchedulerTest, ADisabledScheduleRestsAndDoesNotCatchUp) {
  const RunSchedule often = make("cron */10 * * * *");
  const auto enable = [&](bool enabled) {
    return database_->write(
        [&](storage::Transaction& tx) { return set_schedule_enabled(tx, often, enabled, clock_.now()).value(); });
  };
  EXPECT_EQ(enable(false).next_due_at, std::nullopt);
  EXPECT_EQ(look_at("2026-11-21T12:00:00Z").fired, 0);
  clock_.set(at("2026-11-21T12:05:00Z"));
  EXPECT_EQ(enable(true).next_due_at, at("2026-11-21T12:10:00Z"));
  EXPECT_EQ(scheduler_.run_once().fired, 0);
  EXPECT_EQ(look_at("2026-11-21T12:10:00Z").fired, 1);
  EXPECT_EQ(history(often), (History{"2026-11-21T12:10:00Z started"}));
}

// ----- time
// ------------------------------------------------------------------------------------------------------------

TEST_P(SchedulerTest, DaylightSavingBothWays) {
  clock_.set(at("2026-03-28T12:00:00Z"));
  const RunSchedule spring =
      make("daily 02:30", json::object{{"slot", "$slot"}}, "Spring", "test.slot", "Europe/Berlin");
  look_often("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z");
  EXPECT_EQ(history(spring), (History{"2026-03-29T01:00:00Z started", "2026-03-30T00:30:00Z started"}));
  database_->write([&](storage::Transaction& tx) { delete_schedule(tx, spring); });
  clock_.set(at("2026-10-24T23:50:00Z"));
  const RunSchedule autumn =
      make("cron */30 2 * * *", json::object{{"slot", "$slot"}}, "Autumn", "test.slot", "Europe/Berlin");
  look_often("2026-10-24T23:50:00Z", "2026-10-26T12:00:00Z");
  EXPECT_EQ(history(autumn), (History{"2026-10-25T00:00:00Z started", "2026-10-25T00:30:00Z started",
                                      "2026-10-26T01:00:00Z started", "2026-10-26T01:30:00Z started"}));
}

TEST_P(SchedulerTest, AClockThatIsSetBackFiresNothingTwice) {
  const RunSchedule often = make("cron */2 * * * *");
  for (const char* time :
       {"2026-11-21T08:42:00Z", "2026-11-21T08:44:00Z", "2026-11-21T08:46:00Z", "2026-11-21T08:43:00Z",
        "2026-11-21T08:44:00Z", "2026-11-21T08:46:00Z", "2026-11-21T08:48:00Z"}) {
    look_at(time);
    finish_runs();
  }
  EXPECT_EQ(history(often), (History{"2026-11-21T08:42:00Z started", "2026-11-21T08:44:00Z started",
                                     "2026-11-21T08:46:00Z started", "2026-11-21T08:48:00Z started"}));
}

TEST_P(SchedulerTest, AClockThatWasAYearAheadDoesNotSilenceASchedule) {
  const RunSchedule nightly = make("daily 02:00");
  EXPECT_EQ(look_at("2027-11-22T02:00:00Z").fired, 1);
  finish_runs();
  look_at("2026-11-21T09:00:00Z");
  EXPECT_EQ(again(nightly).next_due_at, at("2026-11-22T02:00:00Z"));
  EXPECT_EQ(look_at("2026-11-22T02:00:00Z").fired, 1) << "though it was recorded as missed";
  finish_runs();
  EXPECT_EQ(look_at("2026-11-23T02:00:00Z").fired, 1);
  EXPECT_EQ(count("operation_runs"), 3);
}

TEST_P(SchedulerTest, ProcessesWhoseClocksDisagreeFireEachSlotOnce) {
  const RunSchedule often = make("cron * * * * *", json::object{{"slot", "$slot"}}, "Slots", "test.slot");
  testing::FixedClock ahead(clock_.now() + 90s);
  Leadership other(*database_, ahead, "bo");
  Scheduler fast(*database_, service_, ahead, other);
  for (int i = 0; i < 90; ++i) {
    // They take turns. The lease of the one that is ahead lasts longer for the other: then nobody leads for a while.
    (i / 9 % 2 ? scheduler_ : fast).run_once();
    if (i % 9 == 8) (i / 9 % 2 ? leadership_ : other).resign();
    finish_runs();
    clock_.advance(20s);
    ahead.advance(20s);
  }
  EXPECT_GE(seen_.size(), 20u);
  EXPECT_EQ(std::set<std::string>(seen_.begin(), seen_.end()).size(), seen_.size()) << "none twice";
  const auto done = slots(often);
  std::int64_t told = 0;
  for (const ScheduleSlot& slot : done) told += slot.slots;
  EXPECT_EQ(told, (done.front().slot - done.back().slot) / 1min + 1) << "none without a word";
}

// ----- who leads
// -------------------------------------------------------------------------------------------------------

TEST_P(SchedulerTest, OnlyTheLeaderFires) {
  make("cron * * * * *");
  Leadership other(*database_, clock_, "bo");
  Scheduler second(*database_, service_, clock_, other);
  EXPECT_TRUE(scheduler_.run_once().leading);
  clock_.set(at("2026-11-21T08:42:00Z"));
  ASSERT_TRUE(leadership_.try_acquire());
  EXPECT_FALSE(second.run_once().leading);
  EXPECT_EQ(count("operation_runs"), 0);
  EXPECT_EQ(scheduler_.run_once().fired, 1);
}

TEST_P(SchedulerTest, APausedLeaderDoesNothingWhenItWakes) {
  const RunSchedule often = make("cron * * * * *");
  testing::FixedClock stopped;  // it does not see the time pass
  Leadership asleep(*database_, stopped, "asleep");
  Scheduler sleeper(*database_, service_, stopped, asleep);
  ASSERT_TRUE(sleeper.run_once().leading);
  clock_.set(at("2026-11-21T08:42:00Z"));
  ASSERT_EQ(scheduler_.run_once().fired, 1) << "the next term";
  execute("UPDATE run_schedules SET next_due_at = last_slot");  // what the sleeper had read
  stopped.set(at("2026-11-21T08:41:10Z"));
  EXPECT_EQ(sleeper.run_once().fired, 0) << "it still believes that it leads, but is too early";
  execute(GetParam() == storage::Engine::sqlite
              ? "UPDATE run_schedules SET next_due_at = next_due_at - 120000000"
              : "UPDATE run_schedules SET next_due_at = next_due_at - interval '2 minutes'");
  const auto counts = sleeper.run_once();
  EXPECT_FALSE(counts.leading);
  EXPECT_EQ(counts.fired, 0);
  EXPECT_EQ(count("operation_runs"), 1);
  EXPECT_EQ(slots(often).size(), 1u);
}

TEST_P(SchedulerTest, ALeaderThatLosesItsTermBetweenTwoSchedulesStops) {
  for (int i = 0; i < 3; ++i)
    make("cron * * * * *", json::object{{"slot", fmt::format("{}", i)}}, fmt::format("Number {}", i), "test.raced");
  // The first start takes so long that the term is over; somebody else leads then.
  clock_.set(at("2026-11-21T08:42:00Z"));
  losing_ = true;
  const auto counts = scheduler_.run_once();
  EXPECT_EQ(counts.fired, 1) << "what was under way commits: nobody could begin a term before";
  EXPECT_FALSE(counts.leading);
  EXPECT_EQ(count("operation_runs"), 1);
  losing_ = false;
  Leadership other(*database_, clock_, "bo");
  Scheduler next(*database_, service_, clock_, other);
  EXPECT_EQ(next.run_once().fired, 2);
  EXPECT_EQ(count("operation_runs"), 3);
}

// Several schedulers, each a process of its own as far as the database can tell, whose leases end all the time.
TEST_P(SchedulerTest, FourSchedulersThatRaceFireEverySlotOnce) {
  constexpr int kMinutes = 30, kSchedules = 3;
  for (int i = 0; i < kSchedules; ++i)
    make("cron * * * * *", json::object{{"slot", "$slot"}, {"who", i}}, fmt::format("Number {}", i), "test.raced");
  std::atomic<bool> done = false;
  std::vector<std::thread> racers;
  for (int i = 0; i < 4; ++i)
    racers.emplace_back([&, i] {
      Leadership mine(*database_, clock_, fmt::format("racer-{}", i));
      Scheduler scheduler(*database_, service_, clock_, mine);
      for (int looks = 0; !done; ++looks) {
        scheduler.run_once();
        if (looks % 3 == i % 3) mine.resign();
      }
    });
  const Timestamp first = at("2026-11-21T08:42:00Z");
  for (int minute = 0; minute < kMinutes; ++minute) {
    clock_.set(first + minute * 1min);
    EXPECT_TRUE(testing::eventually([&] { return count("run_schedule_slots") == kSchedules * (minute + 1); }));
    finish_runs();
  }
  done = true;
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(count("operation_runs"), kMinutes * kSchedules);
  EXPECT_EQ(count("run_schedule_slots WHERE result = 'started'"), kMinutes * kSchedules);
  EXPECT_EQ(count("(SELECT DISTINCT run_id FROM run_schedule_slots) AS runs"), kMinutes * kSchedules);
}

TEST_P(SchedulerTest, ItsThreadFiresWhatIsDueAndStops) {
  const RunSchedule often = make("cron * * * * *");
  Scheduler threaded(*database_, service_, clock_, leadership_, {.look = 5ms});
  threaded.start();
  clock_.set(at("2026-11-21T08:42:00Z"));
  EXPECT_TRUE(testing::eventually([&] { return count("run_schedule_slots") == 1; }));
  threaded.stop();
  clock_.set(at("2026-11-21T08:50:00Z"));
  EXPECT_EQ(slots(often).size(), 1u);
}

// ----- what is kept
// ----------------------------------------------------------------------------------------------------

TEST_P(SchedulerTest, TheSlotAndItsRunCommitTogether) {
  const RunSchedule often = make("cron * * * * *");
  execute(GetParam() == storage::Engine::sqlite
              ? "CREATE TRIGGER refuse BEFORE INSERT ON run_schedule_slots BEGIN SELECT RAISE(ABORT, 'no'); END"
              : "ALTER TABLE run_schedule_slots ADD CONSTRAINT refuse CHECK (slots > 1)");
  EXPECT_EQ(look_at("2026-11-21T08:42:00Z").fired, 0);
  EXPECT_EQ(count("operation_runs"), 0);
  EXPECT_EQ(count("run_jobs"), 0);
  EXPECT_EQ(again(often).last_slot, std::nullopt);
  execute(GetParam() == storage::Engine::sqlite ? "DROP TRIGGER refuse"
                                                : "ALTER TABLE run_schedule_slots DROP CONSTRAINT refuse");
  EXPECT_EQ(scheduler_.run_once().fired, 1) << "the next look";
}

TEST_P(SchedulerTest, HistoryIsForgottenAfterItsTimeAndStaysWhenARunIsPruned) {
  const RunSchedule nightly = make("daily 02:00");
  look_at("2026-11-22T02:00:00Z");
  finish_runs();
  execute("DELETE FROM operation_runs");
  EXPECT_EQ(slots(nightly)[0].run, std::nullopt);
  EXPECT_EQ(slots(nightly)[0].result, SlotResult::started);
  look_at("2027-02-21T02:00:00Z");
  EXPECT_EQ(slots(nightly).back().code, "schedule.missed") << "91 days later the first one is gone";
}

TEST_P(SchedulerTest, DeletingAScheduleKeepsItsRuns) {
  const RunSchedule nightly = make("daily 02:00");
  look_at("2026-11-22T02:00:00Z");
  database_->write([&](storage::Transaction& tx) { delete_schedule(tx, nightly); });
  EXPECT_EQ(count("run_schedules") + count("run_schedule_slots"), 0);
  EXPECT_EQ(count("operation_runs"), 1);
}

TEST_P(SchedulerTest, ManyDueSchedulesTakeSeveralLooksWithoutAPause) {
  for (int i = 0; i < 7; ++i)
    make("cron * * * * *", json::object{{"slot", fmt::format("{}", i)}}, fmt::format("Number {}", i), "test.slot");
  Scheduler small(*database_, service_, clock_, leadership_, {.batch = 3});
  clock_.set(at("2026-11-21T08:42:00Z"));
  EXPECT_TRUE(small.run_once().more);
  EXPECT_TRUE(small.run_once().more);
  const auto last = small.run_once();
  EXPECT_EQ(last.fired, 1);
  EXPECT_FALSE(last.more);
}

TEST_P(SchedulerTest, MetricsCountSlotsAndSayHowLateTheyWere) {
  make("cron * * * * *");
  look_at("2026-11-21T08:45:30Z");
  look_at("2026-11-21T08:46:00Z");
  const auto slots_metric = [&](const char* result) {
    return metric(fmt::format("tenantatlas_schedule_slots_total{{result=\"{}\",type=\"test.probe\"}}", result));
  };
  EXPECT_EQ(slots_metric("started"), 1);
  EXPECT_EQ(slots_metric("skipped"), 4) << "three missed, and one whose previous run was active";
  EXPECT_EQ(metric("tenantatlas_schedule_late_seconds_sum{type=\"test.probe\"}"), 30);
  EXPECT_EQ(metric("tenantatlas_schedule_late_seconds_count{type=\"test.probe\"}"), 1);
}

TEST_P(SchedulerTest, AScheduleThatCouldNeverStartIsRefused) {
  const json::object inputs{{"connection", 7}, {"types", {"a"}}};
  const auto refused = [&](NewSchedule wanted, std::string_view words) {
    const auto made = create(wanted);
    ASSERT_FALSE(made.has_value()) << words;
    EXPECT_EQ(made.error().code,
              wanted.time_zone == "UTC" ? FailureCode::run_invalid_input : FailureCode::schedule_zone_unreadable);
    EXPECT_NE(made.error().message.find(words), std::string::npos) << made.error().message;
  };
  refused({kContoso, "", "test.probe", inputs, "daily 02:00", "UTC"}, "1 to 100 characters");
  refused({kContoso, std::string(101, 'x'), "test.probe", inputs, "daily 02:00", "UTC"}, "1 to 100 characters");
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ü";
  for (const std::string& name : {umlauts + "u", std::string(" "), std::string("two\nlines"), std::string("\xFF"),
                                  std::string("a\0b", 3), std::string("a\x1b[2J")})
    refused({kContoso, name, "test.probe", inputs, "daily 02:00", "UTC"}, "1 to 100 characters");
  refused({kContoso, "x", "test.probe", inputs, "daily 25:00", "UTC"}, "no time of day");
  refused({kContoso, "x", "test.probe", inputs, "cron " + std::string(600, '0'), "UTC"}, "too long");
  refused({kContoso, "x", "test.probe", inputs, "daily 02:00", "Nowhere"}, "There is no time zone Nowhere");
  refused({kContoso, "x", "test.unknown", inputs, "daily 02:00", "UTC"}, "no operation of this type");
  refused({kContoso, "x", "test.probe", json::object{{"connection", 7}}, "daily 02:00", "UTC"}, "\"types\" is missing");
  refused({kContoso, "x", "test.probe", json::value("text"), "daily 02:00", "UTC"}, "must be a JSON object");
  EXPECT_EQ(count("run_schedules"), 0);
  EXPECT_EQ(make("daily 02:00", inputs, umlauts).name, umlauts);
  EXPECT_EQ(make("daily 02:00", inputs, " x\u00a0").name, "x");
  refused({kContoso, "x", "test.probe", inputs, "daily 02:00", "UTC"}, "There is a schedule x already");
  EXPECT_TRUE(create({kFabrikam, "x", "test.probe", inputs, "daily 02:00", "UTC"})) << "another tenant's name";
  database_->read([&](storage::Transaction& tx) {
    EXPECT_EQ(list_schedules(tx, kContoso).size(), 2u);
    EXPECT_FALSE(find_schedule(tx, kFabrikam, "y").has_value());
  });
}

}  // namespace
}  // namespace ta::runs
