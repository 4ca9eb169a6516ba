// Faults on purpose: error statuses, latency, cut-off bodies, lost replies.
#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/failure.h"
#include "base/json.h"
#include "base/random.h"
#include "http/message.h"

namespace ta::simulator {

// What happens to the requests it fits. Parts of a batch are requests of their own here, but only `status` and
// `latency` act on them.
struct Fault {
  int id = 0;                 // given by FaultPlan
  std::string tenant;         // Entra tenant id; empty: any
  std::string path_contains;  // of the path without version; empty: all of Graph, never sign-in
  std::string method;         // "GET"; empty: any
  int status = 0;             // 0: the ordinary answer
  std::string code, message;  // of the error; empty: the usual ones of the status
  std::optional<int> retry_after_seconds;
  double probability = 1.0;
  std::optional<int> count;  // how many times still; nullopt: until it is removed
  std::chrono::milliseconds latency{0};
  std::optional<std::size_t> cut_after_bytes;  // close the connection after so many bytes of the body
  bool drop = false;  // close the connection without an answer, after the request has had its effect
};

// The names of the struct's members; "latency_ms" for latency. Fails with run.invalid_input and a sentence.
Result<Fault> fault_from_json(const json::value& value);
json::object to_json(const Fault& fault);

// What the faults that fit one request do together.
struct FaultEffect {
  std::optional<Fault> answer;  // the first with a status
  std::chrono::milliseconds latency{0};
  std::optional<std::size_t> cut_after_bytes;
  bool drop = false;
};

// Safe to use from several threads.
class FaultPlan {
 public:
  explicit FaultPlan(std::uint64_t seed) : random_(seeded_random(seed)) {}

  int add(Fault fault);  // its id
  bool remove(int id);
  void clear();
  std::vector<Fault> list() const;

  // Counts the faults that fit as used. `path` of Graph has neither version nor first slash, of sign-in it has both
  // slash and tenant: only a fault that names a path of sign-in ("oauth2/v2.0/token") strikes there.
  FaultEffect take(std::string_view tenant, std::string_view method, std::string_view path);

 private:
  bool strikes(Fault& fault);

  mutable std::mutex mutex_;
  std::vector<Fault> faults_;
  int last_id_ = 0;
  std::unique_ptr<Random> random_;
};

}  // namespace ta::simulator
