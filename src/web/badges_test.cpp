#include "web/badges.h"

#include <gtest/gtest.h>

#include <set>

#include "access/roles.h"
#include "web/assets.h"

namespace ta::web {
namespace {

const std::set<std::string_view> kTones = {"success", "warning", "info", "danger", "neutral"};

TEST(Badges, EveryEntryIsWhole) {
  std::set<std::string_view> values;
  for (const Badge& entry : badge_catalog()) {
    EXPECT_TRUE(values.insert(entry.value).second) << entry.value << " twice";
    EXPECT_TRUE(kTones.contains(entry.tone)) << entry.value;
    EXPECT_TRUE(has_icon(entry.icon)) << entry.value << ": " << entry.icon;
    EXPECT_FALSE(entry.label.empty());
  }
}

TEST(Badges, KnowEveryStoredValue) {
  for (const char* value : {"queued",   "running",   "pending",   "succeeded",     "partially_succeeded",
                            "failed",   "cancelled", "connected", "needs_consent", "error",
                            "disabled", "ok",        "degraded",  "down",          "high",
                            "medium",   "low",       "new",       "acknowledged",  "blocking",
                            "safe"})
    EXPECT_EQ(badge(value).value, value);
  for (const access::Role role : access::all_roles()) EXPECT_EQ(badge(access::name(role)).value, access::name(role));
}

TEST(Badges, ShowStatusWhileActiveAndOutcomeAfterwards) {
  EXPECT_EQ(run_badge("queued", "pending").label, "Queued");
  EXPECT_EQ(run_badge("running", "pending").tone, "info");
  EXPECT_EQ(run_badge("completed", "partially_succeeded").tone, "warning");
  EXPECT_EQ(run_badge("completed", "failed").tone, "danger");
}

TEST(Badges, SayUnknownForWhatTheyDoNotKnow) {
  EXPECT_EQ(badge("exploded").label, "Unknown");
  EXPECT_EQ(badge("").tone, "neutral");
}

TEST(Badges, NothingProducesCancelledButItHasALabel) { EXPECT_EQ(badge("cancelled").label, "Cancelled"); }

TEST(Badges, EverySeverityHasAToneWithAnIcon) {
  for (const Severity severity : {Severity::neutral, Severity::warning, Severity::danger}) {
    EXPECT_TRUE(kTones.contains(tone(severity)));
    EXPECT_TRUE(has_icon(tone_icon(tone(severity))));
  }
  EXPECT_NE(tone(Severity::danger), tone(Severity::warning));
}

}  // namespace
}  // namespace ta::web
