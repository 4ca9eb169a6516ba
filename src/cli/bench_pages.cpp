// bench start: the start surface while runs wait. bench list: a long ledger's pages.
#include "cli/bench.h"
#include "cli/bench.sql.h"
#include "cli/bench_ledger.h"

namespace ta::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 8;

// Inputs that nobody else has: another connection number is another identity. No worker runs, so nothing is called.
std::string distinct_start(std::int64_t number) {
  return json::serialize(json::object{{"type", "inventory.sync"}, {"inputs", {{"connection", number}}}});
}

// Cursors of places spread over the whole list.
std::vector<std::string> cursors(BenchSite& site) {
  std::vector<std::string> list{""};
  site.process().database().read([&](storage::Transaction& tx) {
    for (const storage::Row& row : tx.run(sql::bench_places, {{"tenant_id", site.tenant().id}, {"every", 2'000}}))
      list.push_back(runs::to_text(
          runs::RunCursor{to_unix_micros(row.get<Timestamp>("created_at")), row.get<RunId>("id")},
          runs::RunSort::started_desc));
  });
  return list;
}

// Pages of the measured tenant, as its person's browser and programs read them.
class ListReads {
 public:
  ListReads(BenchSite& site, std::int64_t reads) : site_(site), reads_(reads), places_(cursors(site)) {}

  void measure(json::object& out) {
    const std::string api = fmt::format("/api/v1/tenants/{}/runs?limit=50", site_.tenant().slug);
    const std::string page = fmt::format("/t/{}/operations", site_.tenant().slug);
    out["page_with_tab_counts"] = pages(page, [](std::size_t) { return std::size_t{0}; });
    const std::string all = page + "?range=all";
    out["page_first"] = pages(all, [](std::size_t) { return std::size_t{0}; });
    out["page_middle"] = pages(all, [this](std::size_t) { return places_.size() / 2; });
    out["page_last"] = pages(all, [this](std::size_t) { return places_.size() - 1; });
    out["page_at_any_depth"] = pages(all, [](std::size_t i) { return i * 7919; });
    out["api_at_any_depth"] =
        measure_requests(client_, reads_, 1,
                         [&](std::size_t i) { return site_.api_request(http::Method::get, at(api, i * 7919)); }, {200})
            .to_json();
    out["tab_counts"] = tab_counts();
  }

 private:
  std::string at(const std::string& path, std::size_t place) const {
    const std::string& cursor = places_[place % places_.size()];
    return cursor.empty() ? path : path + "&cursor=" + cursor;
  }
  template <class Place>
  json::object pages(const std::string& path, Place place) {
    return measure_requests(client_, reads_, 1, [&](std::size_t i) { return site_.page_request(at(path, place(i))); },
                            {200})
        .to_json();
  }
  json::object tab_counts() {
    Durations counts;
    for (std::int64_t i = 0; i < reads_; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      site_.process().host().reader.tab_counts(site_.tenant().id, {});
      counts.add(std::chrono::steady_clock::now() - begin);
    }
    return counts.to_json();
  }

  BenchSite& site_;
  std::int64_t reads_;
  std::vector<std::string> places_;
  http::Client client_;
};

// Starts of the measured tenant, each of a run of its own, one after the other while something else goes on.
class StartsMeanwhile {
 public:
  explicit StartsMeanwhile(BenchSite& site) : site_(site) {}

  // Until `busy` returns, which is called on this thread.
  json::object measure(const std::function<void()>& busy) {
    Durations starts;
    const auto begin = Steady::now();
    {
      const std::jthread starter([&](std::stop_token stop) {
        while (!stop.stop_requested()) starts.add(start_one());
      });
      busy();
      seconds_ = Steady::now() - begin;
    }
    return {{"seconds", std::round(seconds_.count() * 100) / 100}, {"start", starts.to_json()}};
  }
  std::chrono::duration<double> seconds() const { return seconds_; }  // of the latest

 private:
  Steady::duration start_one() {
    const auto begin = Steady::now();
    std::ignore = site_.process().host().runs.start(
        {site_.tenant().id, "inventory.sync", json::object{{"connection", number_++}}, std::nullopt});
    const auto took = Steady::now() - begin;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return took;
  }

  BenchSite& site_;
  std::int64_t number_ = 1;
  std::chrono::duration<double> seconds_{};
};

// Starts beside the maintenance of a server, at its own pace. What it uses is its thread's share of a processor; on
// PostgreSQL the share of the time that it works or waits for the server's work.
void measure_maintenance(BenchSite& site, StartsMeanwhile& starts, std::int64_t passes, json::object& out) {
  runs::Maintenance& maintenance = site.process().maintenance();
  maintenance.start();
  json::object beside = starts.measure([&] {
    do std::this_thread::sleep_for(std::chrono::milliseconds{100});
    while (maintenance.effort().steps < passes);
  });
  maintenance.stop();
  const runs::Periodic::Effort effort = maintenance.effort();
  const bool embedded = site.process().database().engine() == storage::Engine::sqlite;
  const std::chrono::duration<double> used = embedded ? effort.processor : effort.time;
  out["maintenance_core_percent"] = std::round(used / starts.seconds() * 100'000) / 1'000;
  out["maintenance_passes"] = effort.steps;
  out["start_ms_max_beside_maintenance"] = beside.at("start").at("ms_max");
  out["beside_maintenance"] = std::move(beside);
}

// Starts while old runs are forgotten, and for as long directly before: what the machine does without it. The first
// hundredth of the pruning tells how long that is.
void measure_pruning(BenchSite& site, const ListBench& wanted, StartsMeanwhile& starts, json::object& out) {
  LedgerPruning pruning(site, wanted.runs, wanted.prune_percent);
  const std::int64_t first = (pruning.steps() + 99) / 100;
  starts.measure([&] {
    for (std::int64_t i = 0; i < first; ++i) pruning.step();
  });
  const auto rest = starts.seconds() / static_cast<double>(first) * static_cast<double>(pruning.steps() - first);
  out["before_pruning"] = starts.measure([&] { std::this_thread::sleep_for(rest); });
  json::object during = starts.measure([&] {
    while (pruning.step()) continue;
  });
  during["runs_pruned"] = pruning.pruned();
  out["while_pruning"] = std::move(during);
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

json::object bench_list(BenchSite& site, const ListBench& wanted) {
  fill_ledger(site, wanted.runs, wanted.tenants);
  ListReads reads(site, wanted.reads);
  json::object out{{"runs", wanted.runs}, {"tenants", wanted.tenants}};
  out["runs_of_the_tenant"] = wanted.tenants > 1 ? (wanted.runs + 9) / 10 : wanted.runs;
  reads.measure(out);
  StartsMeanwhile starts(site);
  measure_maintenance(site, starts, wanted.maintenance_passes, out);
  if (wanted.prune_percent > 0) measure_pruning(site, wanted, starts, out);
  return out;
}

}  // namespace ta::cli
