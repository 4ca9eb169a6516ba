// What the benchmarks share: a whole process on the database they are given, a tenant and a person of their own, and
// the figures. Everything they made is removed at the end, but for what the audit log says of it, which nothing
// removes.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/process.h"

namespace ta::cli {

class BenchSite {
 public:
  // A temporary SQLite file when `database_url` is empty. Throws CommandFailure.
  explicit BenchSite(const std::string& database_url, const graph::GraphOptions& graph = {});
  ~BenchSite();

  Process& process() { return *process_; }
  const access::Tenant& tenant() const { return tenants_.front(); }
  // Another one: its slug is the first one's, a dash and its number, from 1. Nobody is its member.
  const access::Tenant& add_tenant();
  const access::User& user() const { return user_; }
  std::string url(std::string_view path) const { return process_->url() + std::string(path); }
  // With the credentials of the bench's own person.
  http::ClientRequest api_request(http::Method method, const std::string& path, std::string body = {}) const;
  http::ClientRequest page_request(const std::string& path) const;

 private:
  void make_people();
  void clean();

  SecureRandom random_;
  std::string folder_;
  std::unique_ptr<Process> process_;
  bool temporary_ = false;
  std::vector<access::Tenant> tenants_;
  access::User user_;
  std::string token_, session_;
};

// Durations of single steps, and their percentiles.
class Durations {
 public:
  void add(std::chrono::steady_clock::duration one) {
    micros_.push_back(std::chrono::duration<double, std::micro>(one).count());
  }
  std::size_t count() const { return micros_.size(); }
  double percentile_ms(double percent) const;
  json::object to_json() const;  // count, ms_p50, ms_p95, ms_p99, ms_max

 private:
  std::vector<double> micros_;
};

// Sends `count` requests, `at_once` at a time; each must be answered with one of `expected`. Throws CommandFailure.
Durations measure_requests(http::Client& client, std::size_t count, std::size_t at_once,
                           const std::function<http::ClientRequest(std::size_t)>& make, std::vector<int> expected);

// Every number of the repetitions as its median, and `spread` with the smallest and the largest.
json::object medians_of(std::int64_t repetitions, const std::function<json::object()>& once);

// Machine and versions, so that figures can be read later.
json::object bench_environment(storage::Database& database);

json::object bench_start(BenchSite& site, std::int64_t queued, std::int64_t starts);

struct ListBench {
  std::int64_t runs = 100'000;
  std::int64_t tenants = 1;
  std::int64_t reads = 200;
  std::int64_t prune_percent = 0;  // of the ledger, the oldest
  std::int64_t maintenance_passes = 5;
};
json::object bench_list(BenchSite& site, const ListBench& wanted);

}  // namespace ta::cli
