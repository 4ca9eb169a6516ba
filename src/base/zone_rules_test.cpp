#include "base/zone_rules.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace ta {
namespace {

namespace fs = std::filesystem;

Timestamp at(std::string_view text) { return parse_rfc3339(text).value(); }

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A file as `zic -b slim` writes it: the first summer time, and from then on the rule in the last line.
std::string slim_file(const std::string& rule, char version = '2') {
  const auto number = [](std::uint64_t value, int bytes) {
    std::string out;
    for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
    return out;
  };
  const auto changes = {at("1981-03-29T01:00:00Z"), at("1981-09-27T01:00:00Z")};
  const auto block = [&](int bytes) {
    std::string out = std::string("TZif") + version + std::string(15, '\0');
    for (const std::uint64_t count : {0, 0, 0, 2, 2, 9}) out += number(count, 4);
    for (const Timestamp change : changes) out += number(change.time_since_epoch() / std::chrono::seconds{1}, bytes);
    out += std::string("\1\0", 2);  // to the second type and back
    out += number(3600, 4) + std::string("\0\0", 2) + number(7200, 4) + std::string("\1\4", 2);
    return out + std::string("CET\0CEST\0", 9);
  };
  return block(4) + block(8) + "\n" + rule + "\n";
}

// A system's folder of zones, of this test's own.
class ZoneFolder : public ::testing::Test {
 protected:
  ZoneFolder() {
    fs::create_directories(path_ / "Europe");
    ::setenv("TZDIR", path_.c_str(), 1);
  }
  ~ZoneFolder() override {
    ::unsetenv("TZDIR");
    fs::remove_all(path_);
  }
  // As a package manager does it: the new file takes the old one's place.
  void put(const std::string& name, const std::string& bytes) {
    const fs::path fresh = path_ / "fresh";
    std::ofstream(fresh, std::ios::binary) << bytes;
    fs::rename(fresh, path_ / name);
  }
  static std::string problem(std::string_view name) {
    const auto zone = ZoneRules::load(name);
    EXPECT_FALSE(zone) << name;
    if (!zone) EXPECT_EQ(zone.error().code, FailureCode::schedule_zone_unreadable);
    return zone ? "" : zone.error().message;
  }

  const fs::path path_ = fs::path(::testing::TempDir()) / ("zones-" + std::to_string(::getpid()));
  const std::string berlin_ = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
};

TEST(ZoneRulesOfTheSystem, KnowOffsetsAndChanges) {
  const ZoneRules berlin = ZoneRules::load("Europe/Berlin").value();
  const auto summer = berlin.at(at("2026-07-01T00:00:00Z"));
  EXPECT_EQ(summer.offset, std::chrono::hours{2});
  EXPECT_EQ(summer.abbreviation, "CEST");
  EXPECT_EQ(summer.begin, at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(summer.end, at("2026-10-25T01:00:00Z"));
  EXPECT_EQ(berlin.at(summer.begin).offset, std::chrono::hours{2}) << "the beginning is in it";
  EXPECT_EQ(berlin.at(summer.end).offset, std::chrono::hours{1}) << "the end is not";
  EXPECT_EQ(berlin.at(at("2050-07-01T00:00:00Z")).offset, std::chrono::hours{2}) << "years after 2037";
  const auto utc = ZoneRules().at(at("2026-07-01T00:00:00Z"));
  EXPECT_EQ(utc.offset.count(), 0);
  EXPECT_EQ(utc.end, Timestamp::max());
}

TEST(ZoneRulesOfTheSystem, LocalTimesThatDoNotExistOrOccurTwice) {
  const ZoneRules berlin = ZoneRules::load("Europe/Berlin").value();
  const auto instant = [&](std::string_view local) {
    return to_rfc3339(berlin.instant_of(LocalTime(at(local).time_since_epoch())));
  };
  EXPECT_EQ(instant("2026-07-01T12:00:00.5Z"), "2026-07-01T10:00:00.500000Z");
  EXPECT_EQ(instant("2026-03-29T02:30:00Z"), "2026-03-29T01:00:00Z") << "right after the gap";
  EXPECT_EQ(instant("2026-10-25T02:30:00Z"), "2026-10-25T00:30:00Z") << "the first of two";
  EXPECT_EQ(to_rfc3339(Timestamp(berlin.local(at("2026-07-01T10:00:00.25Z")).time_since_epoch())),
            "2026-07-01T12:00:00.250000Z");
}

TEST(ZoneRulesOfTheSystem, EveryZoneIsRead) {
  const auto names = ZoneRules::names();
  EXPECT_GT(names.size(), 300u);
  EXPECT_TRUE(std::ranges::binary_search(names, std::string("UTC")));
  for (const std::string& name : names) {
    EXPECT_EQ(name.find("posix/"), name.npos) << name;
    EXPECT_TRUE(ZoneRules::load(name)) << name;
  }
}

TEST_F(ZoneFolder, AFileWithoutWrittenChangesFollowsItsRule) {
  put("Europe/Slim", berlin_);
  const ZoneRules slim = ZoneRules::load("Europe/Slim").value();
  ::unsetenv("TZDIR");
  const ZoneRules berlin = ZoneRules::load("Europe/Berlin").value();
  for (Timestamp time = at("2020-01-01T00:30:00Z"); time < at("2090-01-01T00:00:00Z"); time += std::chrono::days{5}) {
    ASSERT_EQ(slim.at(time).offset, berlin.at(time).offset) << to_rfc3339(time);
    ASSERT_EQ(slim.at(time).end, berlin.at(time).end) << to_rfc3339(time);
  }
}

TEST_F(ZoneFolder, WhatCannotBeUsedIsASentence) {
  EXPECT_EQ(problem("Mars/Base"), "There is no time zone Mars/Base. Enter one such as Europe/Berlin.");
  for (const char* name : {"", "../../etc/passwd", "/etc/passwd", "Europe/../Berlin", "Europe", "a b", "\xff"})
    EXPECT_NE(problem(name).find("There is no time zone"), std::string::npos) << name;
  const std::vector<std::pair<std::string, std::string>> broken{
      {"", "cannot be read"},
      {"rubbish\n", "no time zone file"},
      {std::string(4'000, 'x'), "no time zone file"},
      {"TZif", "cut off"},
      {berlin_.substr(0, 60), "damaged or cut off"},
      {slim_file("no rule at all"), "rule for the coming years"},
      {slim_file(""), "rule for the coming years"},
      {slim_file("CET-1CEST,Mxx"), "rule for the coming years"},
      {slim_file("", '\0'), "too old"}};
  for (std::size_t i = 0; i < broken.size(); ++i) {
    const std::string name = fmt::format("Europe/Broken{}", i);
    put(name, broken[i].first);
    const std::string text = problem(name);
    EXPECT_NE(text.find(broken[i].second), std::string::npos) << text;
    EXPECT_NE(text.find(name), std::string::npos) << text;
    EXPECT_NE(text.find("tzdata"), std::string::npos) << text;
    put(name, berlin_);
    EXPECT_TRUE(ZoneRules::load(name)) << "it recovers by itself";
  }
}

TEST_F(ZoneFolder, RulesThatWereReadStayWhileTheFileIsAway) {
  put("Europe/Kept", berlin_);
  ASSERT_TRUE(ZoneRules::load("Europe/Kept"));
  for (const std::string& bytes : {std::string("rubbish"), berlin_.substr(0, 50)}) {
    put("Europe/Kept", bytes);
    EXPECT_EQ(ZoneRules::load("Europe/Kept").value().at(at("2026-07-01T00:00:00Z")).offset, std::chrono::hours{2});
  }
  fs::remove(path_ / "Europe/Kept");
  EXPECT_TRUE(ZoneRules::load("Europe/Kept"));
  put("Europe/Kept", slim_file("CET-1"));
  EXPECT_EQ(ZoneRules::load("Europe/Kept").value().at(at("2026-07-01T00:00:00Z")).abbreviation, "CET")
      << "new rules count without a restart";
}

TEST_F(ZoneFolder, ARenamedZoneGoesOnUnderItsSuccessorsRules) {
  put("Europe/New", berlin_);
  put("tzdata.zi", "# version 2026c\nZ Europe/New 1 E CE%sT\nL Europe/New Europe/Old\nL Europe/Gone Europe/Older\n");
  const ZoneRules old = ZoneRules::load("Europe/Old").value();
  EXPECT_EQ(old.name(), "Europe/Old");
  EXPECT_EQ(old.successor(), "Europe/New");
  EXPECT_EQ(old.at(at("2026-07-01T00:00:00Z")).offset, std::chrono::hours{2});
  EXPECT_EQ(ZoneRules::load("Europe/New").value().successor(), "");
  EXPECT_NE(problem("Europe/Older").find("it is called Europe/Gone now"), std::string::npos);
}

// The library must neither crash nor hang on a file, whatever is in it.
TEST_F(ZoneFolder, NoFileDoesHarm) {
  const std::string whole = read("/usr/share/zoneinfo/Europe/Berlin");
  ASSERT_GT(whole.size(), 500u);
  int nth = 0;
  EXPECT_TRUE(rc::check("mutated and cut files are refused or give offsets within a day", [&] {
    std::string bytes = *rc::gen::arbitrary<bool>() ? whole : berlin_;
    for (int changes = *rc::gen::inRange(1, 6); changes > 0; --changes)
      bytes[*rc::gen::inRange<std::size_t>(5, bytes.size())] = *rc::gen::arbitrary<char>();
    if (*rc::gen::inRange(0, 3) == 0) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
    const std::string name = "Europe/Mutant" + std::to_string(++nth);
    put(name, bytes);
    if (const auto zone = ZoneRules::load(name))
      for (const char* time : {"1900-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "2400-01-01T00:00:00Z"}) {
        const auto span = zone->at(at(time));
        RC_ASSERT(std::chrono::abs(span.offset) <= std::chrono::hours{48});
        RC_ASSERT(span.begin <= at(time) && at(time) < span.end);
        std::ignore = zone->instant_of(zone->local(at(time)));
      }
  }));
}

}  // namespace
}  // namespace ta
