#include "web/live.h"

#include <gtest/gtest.h>

#include <sstream>

#include "testing/eventually.h"

namespace ta::web {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

constexpr TenantId kContoso{1}, kFabrikam{2};

LiveUpdate part(std::string html) { return {.parts = {{"#run-7", std::move(html)}}}; }

TEST(Live, StartsWithASnapshotAndThenSendsOnlyWhatChanged) {
  LiveHub hub;
  std::string state = "queued";
  const auto stream = hub.stream(kContoso, [&] { return part(state); });
  bool done = false;
  EXPECT_EQ(stream->drain(done),
            "data: <hx-partial hx-target=\"#run-7\" hx-swap=\"outerMorph\">queued</hx-partial>\n\n");
  EXPECT_EQ(stream->drain(done), "");
  state = "running";
  EXPECT_NE(stream->drain(done).find("running"), std::string::npos);
  EXPECT_FALSE(done);
}

TEST(Live, EveryLineOfTheDataIsMarked) {
  LiveHub hub;
  const auto stream = hub.stream(kContoso, [] { return part("<p>\n</p>"); });
  bool done = false;
  const std::string text = stream->drain(done);
  EXPECT_NE(text.find("data: <hx-partial"), std::string::npos);
  EXPECT_NE(text.find("\ndata: </p>"), std::string::npos);
}

// A browser ends a line at CR too: text must not be able to begin a field or a message of its own.
TEST(Live, CarriageReturnsEndLinesAndForgeNothing) {
  LiveHub hub;
  const auto stream = hub.stream(kContoso, [] { return part("a\rb\r\rdata: c\r\nevent: end\n\nd"); });
  bool done = false;
  const std::string text = stream->drain(done);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  std::istringstream lines(text.substr(0, text.size() - 1));
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("data: ")) << line;
  EXPECT_TRUE(text.ends_with("\n\n"));
}

TEST(Live, NewsBringTheTimeByWhichAPageMeasuresItsClock) {
  LiveHub hub;
  LiveUpdate update = part("queued");
  update.now = "2026-11-21T08:00:00Z";
  const auto stream = hub.stream(kContoso, [&] { return update; });
  bool done = false;
  EXPECT_TRUE(stream->drain(done).starts_with("event: ta-now\ndata: 2026-11-21T08:00:00Z\n\ndata: "));
  update.now = "2026-11-21T08:00:10Z";
  EXPECT_EQ(stream->drain(done), "") << "the time alone is no news";
}

TEST(Live, SaysChangesOnceAndNotWhatWasSoAtTheStart) {
  LiveHub hub;
  LiveUpdate update{.parts = {}, .announce = "Queued."};
  const auto stream = hub.stream(kContoso, [&] { return update; });
  bool done = false;
  EXPECT_EQ(stream->drain(done), "");
  update.announce = "25 percent.";
  EXPECT_EQ(stream->drain(done), "event: announce\ndata: 25 percent.\n\n");
  EXPECT_EQ(stream->drain(done), "");
}

TEST(Live, EndsWithItsEvent) {
  LiveHub hub;
  const auto stream = hub.stream(kContoso, [] { return LiveUpdate{.parts = {}, .announce = "", .end = true}; });
  bool done = false;
  EXPECT_EQ(stream->drain(done), "event: end\ndata: end\n\n");
  EXPECT_TRUE(done);
}

TEST(Live, AReaderWithoutRightsIsLetGo) {
  LiveHub hub;
  const auto stream = hub.stream(kContoso, [] { return std::optional<LiveUpdate>(); });
  bool done = false;
  EXPECT_EQ(stream->drain(done), "");
  EXPECT_TRUE(done);
}

TEST(Live, AFailureEndsTheStreamSoThatTheBrowserConnectsAgain) {
  LiveHub hub;
  const auto stream =
      hub.stream(kContoso, []() -> std::optional<LiveUpdate> { throw std::runtime_error("database away"); });
  bool done = false;
  stream->drain(done);
  EXPECT_TRUE(done);
}

TEST(Live, AChangeWakesTheStreamsOfItsTenantOnly) {
  LiveHub hub({.pace = 10ms, .refresh = 1h});
  std::atomic<int> contoso = 0, fabrikam = 0;
  const auto first = hub.stream(kContoso, [] { return part("a"); });
  const auto second = hub.stream(kFabrikam, [] { return part("b"); });
  first->open([&] { ++contoso; });
  second->open([&] { ++fabrikam; });
  hub.changed(kContoso);
  ASSERT_TRUE(eventually([&] { return contoso == 1; }));
  hub.changed_everything();
  ASSERT_TRUE(eventually([&] { return contoso == 2 && fabrikam == 1; }));
}

TEST(Live, AStreamOfNoTenantHearsOfAll) {
  LiveHub hub({.pace = 10ms, .refresh = 1h});
  std::atomic<int> woken = 0;
  const auto stream = hub.stream(TenantId{}, [] { return part(""); });
  stream->open([&] { ++woken; });
  hub.changed(kFabrikam);
  EXPECT_TRUE(eventually([&] { return woken == 1; }));
}

TEST(Live, ABurstOfChangesIsOneUpdate) {
  LiveHub hub({.pace = 200ms, .refresh = 1h});
  std::atomic<int> wakes = 0;
  const auto stream = hub.stream(kContoso, [] { return part("a"); });
  stream->open([&] { ++wakes; });
  for (int i = 0; i < 1000; ++i) hub.changed(kContoso);
  ASSERT_TRUE(eventually([&] { return wakes >= 1; }));
  hub.changed(kFabrikam);
  EXPECT_EQ(wakes, 1);
}

TEST(Live, TimeAloneWakesToo) {
  LiveHub hub({.pace = 5ms, .refresh = 20ms});
  std::atomic<int> wakes = 0;
  const auto stream = hub.stream(kContoso, [] { return part("a"); });
  stream->open([&] { ++wakes; });
  EXPECT_TRUE(eventually([&] { return wakes >= 2; }));
}

TEST(Live, AFollowerIsWokenAtThePaceOfAStreamUntilItsHandleIsGone) {
  LiveHub hub({.pace = 10ms, .refresh = 1h});
  std::atomic<int> contoso = 0, fabrikam = 0;
  auto handle = hub.follow(kContoso, [&] { ++contoso; });
  const auto other = hub.follow(kFabrikam, [&] { ++fabrikam; });
  hub.changed(kContoso);
  ASSERT_TRUE(eventually([&] { return contoso == 1; }));
  EXPECT_EQ(fabrikam, 0);
  EXPECT_EQ(hub.open_streams(), 2u);
  handle.reset();
  ASSERT_TRUE(eventually([&] { return hub.open_streams() == 1; })) << "the hub may be looking at it";
  hub.changed_everything();
  ASSERT_TRUE(eventually([&] { return fabrikam == 1; }));
  EXPECT_EQ(contoso, 1);
}

TEST(Live, ClosedStreamsAreForgotten) {
  LiveHub hub;
  auto stream = hub.stream(kContoso, [] { return part("a"); });
  EXPECT_EQ(hub.open_streams(), 1u);
  stream.reset();
  EXPECT_EQ(hub.open_streams(), 0u);
}

}  // namespace
}  // namespace ta::web
