#include "cli/bench.h"

#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>

#include "access/api_tokens.h"
#include "access/tenants.h"
#include "access/users.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/bench.sql.h"
#include "cli/workspace.h"
#include "runs/engine_status.h"
#include "web/sign_in_pages.h"

namespace ta::cli {
namespace {

namespace fs = std::filesystem;

template <class T>
T or_fail(Result<T> result) {
  if (!result) throw CommandFailure(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

BenchSite::BenchSite(const std::string& database_url, const graph::GraphOptions& graph)
    : temporary_(database_url.empty()) {
  folder_ = (fs::temp_directory_path() / ("tenantatlas-bench-" + random_.token().substr(0, 10))).string();
  fs::create_directory(folder_);
  auto key = or_fail(provider_connections::MasterKey::create_file(folder_ + "/master.key", random_));
  process_ =
      or_fail(Process::create({.database_url = database_url.empty() ? "sqlite:" + folder_ + "/bench.db" : database_url,
                               .master_key = std::move(key),
                               .server = {.port = 0},
                               .graph = graph,
                               .endpoint_rule = provider_connections::EndpointRule::custom}));
  make_people();
  or_fail(process_->listen());
}

BenchSite::~BenchSite() {
  process_->stop();
  try {
    if (!temporary_) clean();
  } catch (const std::exception& error) {
    log::error("bench.not_cleaned", {{"error", error.what()}});
  }
  process_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// Runs first, some at a time: the tenants' cascade would be one statement of millions of rows.
void BenchSite::clean() {
  constexpr std::int64_t kAtOnce = 10'000;
  json::array ids;
  for (const access::Tenant& tenant : tenants_) ids.push_back(tenant.id.value);
  storage::Database& database = process_->database();
  const auto forget = [&](storage::Transaction& tx) {
    return tx.run(sql::bench_forget, {{"tenants", ids}, {"limit", kAtOnce}}).affected();
  };
  while (database.write(forget) > 0) continue;
  database.write([&](storage::Transaction& tx) {
    tx.run(sql::bench_forget_tenants, {{"tenants", ids}});
    tx.run_text("bench_clean", "DELETE FROM users WHERE id = :id", {{"id", user_.id}});
    tx.run_text("bench_clean", "DELETE FROM leader_leases WHERE name = :name", {{"name", tenant().slug}});
  });
}

const access::Tenant& BenchSite::add_tenant() {
  const std::string slug = fmt::format("{}-{}", tenant().slug, tenants_.size());
  tenants_.push_back(process_->database().write([&](storage::Transaction& tx) {
    return must(access::create_tenant(tx, {slug, "Benchmark", "UTC"}, process_->host().clock.now()));
  }));
  return tenants_.back();
}

void BenchSite::make_people() {
  const Timestamp now = process_->host().clock.now();
  const std::string name = "bench-" + std::to_string(random_.below(1'000'000'000));
  const std::string email = name + "@example.com", password = random_.token();
  const std::string hash = must(process_->hasher().hash(password));
  process_->database().write([&](storage::Transaction& tx) {
    tenants_.push_back(must(access::create_tenant(tx, {name, "Benchmark", "UTC"}, now)));
    user_ = must(access::create_user(tx, {email, "Benchmark", hash}, now));
    must(access::add_member(tx, tenant().id, user_.id, access::Role::owner, now));
    const auto scopes = access::all_token_scopes();
    token_ =
        must(access::issue_api_token(tx, random_, {user_.id, "Benchmark", {scopes.begin(), scopes.end()}, {}}, now))
            .secret;
  });
  session_ = must(process_->host().sign_in.sign_in(email, password, {"127.0.0.1", "bench", "bench"})).secret;
}

http::ClientRequest BenchSite::api_request(http::Method method, const std::string& path, std::string body) const {
  http::ClientRequest request{.method = method, .url = url(path), .headers = {}, .body = std::move(body)};
  request.headers.set("Authorization", "Bearer " + token_);
  request.headers.set("Content-Type", "application/json");
  return request;
}

http::ClientRequest BenchSite::page_request(const std::string& path) const {
  http::ClientRequest request{.url = url(path)};
  request.headers.set("Cookie", fmt::format("{}={}", web::kSessionCookie, session_));
  return request;
}

double Durations::percentile_ms(double percent) const {
  if (micros_.empty()) return 0;
  std::vector<double> sorted = micros_;
  std::sort(sorted.begin(), sorted.end());
  const auto at = static_cast<std::size_t>(percent / 100 * static_cast<double>(sorted.size() - 1) + 0.5);
  return std::round(sorted[at]) / 1000;
}

json::object Durations::to_json() const {
  return {{"count", count()},
          {"ms_p50", percentile_ms(50)},
          {"ms_p95", percentile_ms(95)},
          {"ms_p99", percentile_ms(99)},
          {"ms_max", percentile_ms(100)}};
}

Durations measure_requests(http::Client& client, std::size_t count, std::size_t at_once,
                           const std::function<http::ClientRequest(std::size_t)>& make, std::vector<int> expected) {
  Durations durations;
  std::mutex mutex;
  std::string problem;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      const auto start = std::chrono::steady_clock::now();
      const auto response = client.send(make(i)).get();
      const auto took = std::chrono::steady_clock::now() - start;
      const std::lock_guard lock(mutex);
      durations.add(took);
      if (!response)
        problem = response.error().message;
      else if (std::find(expected.begin(), expected.end(), response->status) == expected.end())
        problem = fmt::format("The server answered {}: {}", response->status, cut_utf8(response->body, 300));
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < at_once; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (!problem.empty()) throw CommandFailure(problem);
  return durations;
}

json::object medians_of(std::int64_t times, const std::function<json::object()>& once) {
  std::vector<json::object> repetitions;
  for (std::int64_t i = 0; i < times; ++i) repetitions.push_back(once());
  json::object out, spread;
  for (const auto& [key, first] : repetitions.front()) {
    if (!first.is_number()) {
      out[key] = first;
      continue;
    }
    std::vector<double> values;
    for (const json::object& one : repetitions) values.push_back(one.at(key).to_number<double>());
    std::sort(values.begin(), values.end());
    out[key] = values[values.size() / 2];
    spread[key] = {values.front(), values.back()};
  }
  out["repetitions"] = repetitions.size();
  out["spread"] = std::move(spread);
  return out;
}

json::object bench_environment(storage::Database& database) {
  utsname machine{};
  uname(&machine);
  return {{"version", TA_VERSION},
          {"machine", fmt::format("{} {} {}", machine.sysname, machine.release, machine.machine)},
          {"cores", std::thread::hardware_concurrency()},
          {"engine", database.engine() == storage::Engine::sqlite ? "sqlite" : "postgresql"},
          {"engine_version", runs::read_engine_status(database, SystemClock()).engine_version}};
}

}  // namespace ta::cli
