#include "monitoring/run_events.h"

namespace ta::monitoring {
namespace {

class RunEvents : public http::EventSource {
 public:
  RunEvents(Host& host, TenantId tenant, RunId run) : host_(host), tenant_(tenant), run_(run) {}

  void open(std::function<void()> wake) override {
    subscription_ = host_.feed.subscribe([wake, run = run_](const runs::RunChange& change) {
      if (change.reset || change.run == run) wake();
    });
    wake();
  }

  std::string drain(bool& done) override {
    const auto run = host_.reader.find(tenant_, run_);
    done = !run || !run->active();
    std::string out;
    const std::string data = run ? json::serialize(runs::to_json(*run)) : "{}";
    if (data != std::exchange(sent_, data)) out = fmt::format("event: run\ndata: {}\n\n", data);
    return done ? out + "event: end\ndata: {}\n\n" : out;
  }

 private:
  Host& host_;
  TenantId tenant_;
  RunId run_;
  std::string sent_;
  std::shared_ptr<void> subscription_;
};

}  // namespace

std::shared_ptr<http::EventSource> run_events(Host& host, TenantId tenant, RunId run) {
  return std::make_shared<RunEvents>(host, tenant, run);
}

}  // namespace ta::monitoring
