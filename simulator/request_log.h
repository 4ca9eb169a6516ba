// What the simulator was asked, for assertions: counters over everything, details of the latest requests.
#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace ta::simulator {

// No headers but the ids: tokens and secrets are never kept.
struct RecordedRequest {
  Timestamp time;
  std::string tenant;  // Entra tenant id; empty before sign-in
  std::string app;     // client id
  std::string method;
  std::string path;   // without query
  std::string query;  // as sent
  int status = 0;     // 0: the reply was dropped
  std::string client_request_id;
  bool batch_part = false;
};

// Safe to use from several threads.
class RequestLog {
 public:
  void record(RecordedRequest request);
  void clear();
  // Graph and sign-in requests over the socket; parts of batches are not counted.
  std::uint64_t count() const { return count_.load(); }
  std::vector<RecordedRequest> latest() const;  // oldest first, at most kKept
  // {"count","by_status","by_tenant","requests":[the latest `limit`]}
  json::object to_json(std::size_t limit) const;

 private:
  static constexpr std::size_t kKept = 10'000;
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> count_{0};
  std::deque<RecordedRequest> latest_;
  std::map<int, std::int64_t> by_status_;
  std::map<std::string, std::int64_t> by_tenant_;
};

}  // namespace ta::simulator
