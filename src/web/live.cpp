#include "web/live.h"

#include "base/log.h"

namespace ta::web {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// One message: every line of the data gets its own "data:". A line ends at CR, LF or CRLF, as it does for browsers.
std::string event_text(std::string_view event, std::string_view data) {
  std::string text;
  if (!event.empty()) text += fmt::format("event: {}\n", event);
  while (!data.empty()) {
    const auto end = std::min(data.find_first_of("\r\n"), data.size());
    text += fmt::format("data: {}\n", data.substr(0, end));
    const bool both = data.substr(end).starts_with("\r\n");
    data.remove_prefix(std::min(data.size(), end + (both ? 2 : 1)));
  }
  return text + "\n";
}

// Somebody who is woken after changes of a tenant, and now and then without any.
class Follower {
 public:
  explicit Follower(TenantId tenant) : tenant_(tenant) {}

  void start(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  TenantId tenant() const { return tenant_; }
  void mark() { dirty_ = true; }

  // Wakes it when there may be something to say and its pace allows it.
  void pump(SteadyTime now, const LiveHub::Options& options) {
    const std::lock_guard lock(mutex_);
    const auto quiet = now - last_;
    if (!wake_ || quiet < options.pace || (!dirty_ && quiet < options.refresh)) return;
    dirty_ = false;
    last_ = now;
    wake_();
  }

 private:
  TenantId tenant_;
  std::atomic<bool> dirty_{false};
  std::mutex mutex_;
  std::function<void()> wake_;
  SteadyTime last_{std::chrono::steady_clock::now()};
};

class LiveStream : public http::EventSource, public Follower {
 public:
  LiveStream(TenantId tenant, LiveRender render) : Follower(tenant), render_(std::move(render)) {}

  void open(std::function<void()> wake) override { start(std::move(wake)); }

  std::string drain(bool& done) override {
    std::optional<LiveUpdate> update;
    try {
      update = render_();
    } catch (const std::exception& error) {
      log::warn("live.failed", {{"error", error.what()}});  // the browser connects again and starts with a snapshot
    }
    if (!update) {
      done = true;
      return {};
    }
    done = update->end;
    return text(*update);
  }

 private:
  std::string text(const LiveUpdate& update) {
    std::vector<LivePart> news;
    for (const LivePart& part : update.parts) {
      std::string& known = sent_[part.target];
      if (known != part.html) news.push_back(part);
      known = part.html;
    }
    std::string out;
    if (!news.empty()) out += event_text("", partials_html(news));
    // What was so when the page opened is on the page; only changes are said.
    if (!update.announce.empty() && announced_.value_or(update.announce) != update.announce)
      out += event_text("announce", update.announce);
    announced_ = update.announce;
    if (!out.empty() && !update.now.empty()) out = event_text("ta-now", update.now) + out;
    if (update.end) out += event_text("end", "end");
    return out;
  }

  LiveRender render_;
  std::map<std::string, std::string> sent_;  // by target; only drain() touches it
  std::optional<std::string> announced_;
};

}  // namespace

std::string partials_html(const std::vector<LivePart>& parts) {
  std::string html;
  for (const LivePart& part : parts)
    html +=
        fmt::format("<hx-partial hx-target=\"{}\" hx-swap=\"{}\">{}</hx-partial>\n", part.target, part.swap, part.html);
  return html;
}

class LiveHub::Impl {
 public:
  explicit Impl(Options options) : options_(options), thread_([this](std::stop_token stop) { run(stop); }) {}

  void changed(std::optional<TenantId> tenant) {
    for (const auto& follower : open())
      if (!tenant || follower->tenant() == *tenant || follower->tenant() == TenantId{}) follower->mark();
  }

  void add(const std::shared_ptr<Follower>& follower) {
    const std::lock_guard lock(mutex_);
    followers_.push_back(follower);
  }

  // Those that still follow; the others are forgotten.
  std::vector<std::shared_ptr<Follower>> open() {
    std::vector<std::shared_ptr<Follower>> alive;
    const std::lock_guard lock(mutex_);
    std::erase_if(followers_, [&](const std::weak_ptr<Follower>& weak) {
      if (auto follower = weak.lock()) alive.push_back(std::move(follower));
      return weak.expired();
    });
    return alive;
  }

 private:
  void run(std::stop_token stop) {
    std::mutex sleep;
    std::condition_variable_any ended;
    std::unique_lock lock(sleep);
    const auto step = std::max(options_.pace / 4, std::chrono::milliseconds{5});
    while (!ended.wait_for(lock, stop, step, [&] { return stop.stop_requested(); })) {
      const auto now = std::chrono::steady_clock::now();
      for (const auto& follower : open()) follower->pump(now, options_);
    }
  }

  Options options_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Follower>> followers_;
  std::jthread thread_;
};

LiveHub::LiveHub(Options options) : impl_(std::make_unique<Impl>(options)) {}
LiveHub::~LiveHub() = default;
void LiveHub::changed(TenantId tenant) { impl_->changed(tenant); }
void LiveHub::changed_everything() { impl_->changed(std::nullopt); }

std::shared_ptr<http::EventSource> LiveHub::stream(TenantId tenant, LiveRender render) {
  auto stream = std::make_shared<LiveStream>(tenant, std::move(render));
  impl_->add(stream);
  return stream;
}

std::shared_ptr<void> LiveHub::follow(TenantId tenant, std::function<void()> wake) {
  auto follower = std::make_shared<Follower>(tenant);
  follower->start(std::move(wake));
  impl_->add(follower);
  return follower;
}

std::size_t LiveHub::open_streams() const { return impl_->open().size(); }

}  // namespace ta::web
