#include "runs/change_feed.h"

#include <charconv>

namespace ta::runs {
namespace {

const std::string kChanges = "run_changes";
const std::string kWork = "run_work";
constexpr std::chrono::milliseconds kCoalesce{5};
constexpr std::size_t kPayloadMax = 7'000;  // PostgreSQL refuses 8,000 and more

// Callbacks by id; calling and removing exclude each other, so a destroyed handle is never called again.
template <class Callback>
class Subscribers : public std::enable_shared_from_this<Subscribers<Callback>> {
 public:
  std::shared_ptr<void> add(Callback callback) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = next_++;
    callbacks_.emplace(id, std::move(callback));
    return std::shared_ptr<void>(nullptr, [self = this->shared_from_this(), id](void*) {
      const std::lock_guard inner(self->mutex_);
      self->callbacks_.erase(id);
    });
  }
  template <class... Args>
  void call(const Args&... args) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, callback] : callbacks_) callback(args...);
  }

 private:
  std::recursive_mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Callback> callbacks_;
};

std::int64_t read_number(std::string_view& text) {
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  text.remove_prefix(std::min<std::size_t>(text.size(), end - text.data() + 1));
  return value;
}

}  // namespace

// Collects what was published and sends it a few milliseconds later, so that a thousand changes cost one message.
class ChangeFeed::Impl {
 public:
  explicit Impl(storage::Database& database) : database_(database) {
    changes_listener_ = database_.listen(kChanges, [this](std::string_view payload) { deliver(payload); });
    work_listener_ = database_.listen(kWork, [this](std::string_view) { work_->call(); });
    sender_ = std::thread([this] { send_loop(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    pending_changed_.notify_all();
    sender_.join();
    changes_listener_.reset();
    work_listener_.reset();
  }

  void publish(TenantId tenant, RunId run) {
    {
      const std::lock_guard lock(mutex_);
      const bool waiting = !pending_.empty();  // then the sender knows
      pending_.insert({tenant, run});
      if (waiting) return;
    }
    pending_changed_.notify_one();
  }
  void publish_work() {
    work_->call();  // this process need not wait for the round trip
    {
      const std::lock_guard lock(mutex_);
      work_pending_ = true;
    }
    pending_changed_.notify_one();
  }

  std::shared_ptr<Subscribers<std::function<void(const RunChange&)>>> changes_ =
      std::make_shared<Subscribers<std::function<void(const RunChange&)>>>();
  std::shared_ptr<Subscribers<std::function<void()>>> work_ = std::make_shared<Subscribers<std::function<void()>>>();

 private:
  using Pending = std::set<std::pair<TenantId, RunId>>;

  void send_loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_ || !pending_.empty()) {
      pending_changed_.wait(lock, [this] { return stopping_ || work_pending_ || !pending_.empty(); });
      const Pending changes = std::exchange(pending_, {});
      const bool work = std::exchange(work_pending_, false);
      lock.unlock();
      if (work) database_.notify(kWork, "");
      send(changes);
      lock.lock();
      pending_changed_.wait_for(lock, kCoalesce, [this] { return stopping_; });
      if (stopping_ && pending_.empty()) return;
    }
  }

  void send(const Pending& changes) {
    std::string payload;
    for (const auto& [tenant, run] : changes) {
      payload += fmt::format("{}:{},", tenant, run);
      if (payload.size() < kPayloadMax) continue;
      database_.notify(kChanges, payload);
      payload.clear();
    }
    if (!payload.empty()) database_.notify(kChanges, payload);
  }

  // "tenant:run,tenant:run,"; empty after a (re)connect.
  void deliver(std::string_view payload) {
    if (payload.empty()) changes_->call(RunChange{{}, {}, true});
    while (!payload.empty()) {
      const TenantId tenant{read_number(payload)};
      const RunId run{read_number(payload)};
      changes_->call(RunChange{tenant, run, false});
    }
  }

  storage::Database& database_;
  std::shared_ptr<void> changes_listener_, work_listener_;
  std::mutex mutex_;
  std::condition_variable pending_changed_;
  Pending pending_;
  bool work_pending_ = false;
  bool stopping_ = false;
  std::thread sender_;
};

ChangeFeed::ChangeFeed(storage::Database& database) : impl_(std::make_unique<Impl>(database)) {}
ChangeFeed::~ChangeFeed() = default;

std::shared_ptr<void> ChangeFeed::subscribe(std::function<void(const RunChange&)> on_change) {
  return impl_->changes_->add(std::move(on_change));
}
void ChangeFeed::publish(TenantId tenant, RunId run) { impl_->publish(tenant, run); }
void ChangeFeed::publish_work() { impl_->publish_work(); }
std::shared_ptr<void> ChangeFeed::on_work(std::function<void()> on_work) {
  return impl_->work_->add(std::move(on_work));
}

}  // namespace ta::runs
