// What the benchmarks share: a whole process on the database they are given, a tenant and a person of their own, and
// the figures. Everything they made is removed at the end.
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
  explicit BenchSite(const std::string& database_url);
  ~BenchSite();

  Process& process() { return *process_; }
  const access::Tenant& tenant() const { return tenant_; }
  const access::User& user() const { return user_; }
  std::string url(std::string_view path) const { return process_->url() + std::string(path); }
  // With the credentials of the bench's own person.
  http::ClientRequest api_request(http::Method method, const std::string& path, std::string body = {}) const;
  http::ClientRequest page_request(const std::string& path) const;

 private:
  void make_people();

  SecureRandom random_;
  std::string folder_;
  std::unique_ptr<Process> process_;
  access::Tenant tenant_;
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

// Machine and versions, so that figures can be read later.
json::object bench_environment(storage::Database& database);

json::object bench_start(BenchSite& site, std::int64_t queued, std::int64_t starts);
json::object bench_list(BenchSite& site, std::int64_t runs, std::int64_t reads);

}  // namespace ta::cli
