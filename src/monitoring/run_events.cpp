#include "monitoring/run_events.h"

#include <atomic>

#include "monitoring/run_json.h"
#include "storage/snapshot.h"

namespace ta::monitoring {
namespace {

class RunEvents : public http::EventSource {
 public:
  RunEvents(Host& host, TenantId tenant, RunId run) : host_(host), tenant_(tenant), run_(run) {}

  void open(std::function<void()> wake) override {
    changes_ = host_.feed.subscribe([wake, run = run_](const runs::RunChange& change) {
      if (change.reset || change.run == run) wake();
    });
    others_ = host_.site.follow(tenant_, [wake, waits = waits_] {
      if (*waits) wake();
    });
    wake();
  }

  std::string drain(bool& done) override {
    const storage::Snapshot one_moment(host_.database);
    const auto run = host_.reader.find(tenant_, run_);
    done = !run || !run->active();
    std::string out;
    const json::object shown = run ? run_json(host_, *run) : json::object();
    *waits_ = shown.contains("waiting");
    const std::string data = json::serialize(shown);
    if (data != std::exchange(sent_, data)) out = fmt::format("event: run\ndata: {}\n\n", data);
    return done ? out + "event: end\ndata: {}\n\n" : out;
  }

 private:
  Host& host_;
  TenantId tenant_;
  RunId run_;
  std::string sent_;
  std::shared_ptr<std::atomic<bool>> waits_ = std::make_shared<std::atomic<bool>>(true);
  std::shared_ptr<void> changes_, others_;
};

}  // namespace

std::shared_ptr<http::EventSource> run_events(Host& host, TenantId tenant, RunId run) {
  return std::make_shared<RunEvents>(host, tenant, run);
}

}  // namespace ta::monitoring
