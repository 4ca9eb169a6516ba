// bench start: the start surface while runs wait. bench list: a long ledger's pages.
#include "cli/bench.h"
#include "cli/bench.sql.h"

namespace ta::cli {
namespace {

constexpr std::size_t kAtOnce = 8;
constexpr std::int64_t kRowsPerStatement = 5'000;

// Inputs that nobody else has: another connection number is another identity. No worker runs, so nothing is called.
std::string distinct_start(std::int64_t number) {
  return json::serialize(json::object{{"type", "inventory.sync"}, {"inputs", {{"connection", number}}}});
}

// Finished runs, one every twenty seconds, every tenth failed, written straight into the ledger: history, not work.
void fill_ledger(BenchSite& site, std::int64_t runs) {
  const Timestamp newest = site.process().host().clock.now();
  for (std::int64_t first = 0; first < runs; first += kRowsPerStatement)
    site.process().database().write([&](storage::Transaction& tx) {
      tx.run(sql::bench_fill_ledger, {{"tenant_id", site.tenant().id},
                                      {"user_id", site.user().id},
                                      {"newest", newest},
                                      {"first", first},
                                      {"last", std::min(first + kRowsPerStatement, runs)}});
    });
  if (site.process().database().engine() == storage::Engine::postgres)
    site.process().database().write([](storage::Transaction& tx) { tx.run_script("ANALYZE operation_runs"); });
}

// Cursors of pages spread over the whole list, by walking it once in long pages.
std::vector<std::string> cursors(BenchSite& site) {
  std::vector<std::string> list{""};
  std::optional<runs::RunCursor> cursor;
  do {
    const auto page =
        site.process().host().reader.list(site.tenant().id, {}, runs::RunSort::started_desc, cursor, 2'000);
    cursor = page.older;
    if (cursor) list.push_back(runs::to_text(*cursor, runs::RunSort::started_desc));
  } while (cursor);
  return list;
}

}  // namespace

json::object bench_start(BenchSite& site, std::int64_t queued, std::int64_t starts) {
  http::Client client({.connections_per_host_max = static_cast<int>(kAtOnce)});
  const std::string path = fmt::format("/api/v1/tenants/{}/runs", site.tenant().slug);
  const auto start = [&](std::int64_t number) {
    return site.api_request(http::Method::post, path, distinct_start(number));
  };
  measure_requests(client, queued, kAtOnce, [&](std::size_t i) { return start(1 + static_cast<std::int64_t>(i)); },
                   {201});
  const auto begin = std::chrono::steady_clock::now();
  const Durations answers = measure_requests(
      client, starts, kAtOnce, [&](std::size_t i) { return start(1 + queued + static_cast<std::int64_t>(i)); }, {201});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Durations joins = measure_requests(client, starts, kAtOnce, [&](std::size_t) { return start(1); }, {200});
  return {{"queued_before", queued},
          {"at_once", kAtOnce},
          {"start", answers.to_json()},
          {"starts_per_s", std::round(static_cast<double>(starts) / seconds)},
          {"join", joins.to_json()}};
}

json::object bench_list(BenchSite& site, std::int64_t runs, std::int64_t reads) {
  fill_ledger(site, runs);
  const std::vector<std::string> places = cursors(site);
  http::Client client;
  const std::string page = fmt::format("/t/{}/operations?range=all", site.tenant().slug);
  const std::string api = fmt::format("/api/v1/tenants/{}/runs?limit=50", site.tenant().slug);
  const auto at = [&](const std::string& path, std::size_t i) {
    const std::string& cursor = places[i * 7919 % places.size()];
    return cursor.empty() ? path : path + "&cursor=" + cursor;
  };
  const Durations first = measure_requests(
      client, reads, 1,
      [&](std::size_t) { return site.page_request(fmt::format("/t/{}/operations", site.tenant().slug)); }, {200});
  const Durations any_depth =
      measure_requests(client, reads, 1, [&](std::size_t i) { return site.page_request(at(page, i)); }, {200});
  const Durations api_pages = measure_requests(
      client, reads, 1, [&](std::size_t i) { return site.api_request(http::Method::get, at(api, i)); }, {200});
  return {{"runs_of_the_tenant", runs},
          {"page_with_tab_counts", first.to_json()},
          {"page_at_any_depth", any_depth.to_json()},
          {"api_at_any_depth", api_pages.to_json()}};
}

}  // namespace ta::cli
