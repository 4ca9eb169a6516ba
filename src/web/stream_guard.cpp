#include "web/stream_guard.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace ta::web {
namespace {

class GuardedStream : public http::EventSource {
 public:
  GuardedStream(access::Proof proof, std::shared_ptr<http::EventSource> stream, Farewell farewell, ProofCheck check)
      : proof_(std::move(proof)),
        stream_(std::move(stream)),
        farewell_(std::move(farewell)),
        check_(std::move(check)) {}

  void open(std::function<void()> wake) override {
    {
      const std::lock_guard lock(mutex_);
      wake_ = wake;
    }
    stream_->open(std::move(wake));
  }

  std::string drain(bool& done) override {
    auto lapse = ended();
    if (!lapse) lapse = check_({&proof_, 1}).front();
    if (!lapse) return stream_->drain(done);
    done = true;
    return farewell_(*lapse);
  }

  const access::Proof& proof() const { return proof_; }

  // From the guard's thread: nothing of the stream's own is sent from here on.
  void end(access::Lapse why) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, why)) return;
    if (wake_) wake_();
  }

 private:
  std::optional<access::Lapse> ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  const access::Proof proof_;
  const std::shared_ptr<http::EventSource> stream_;
  const Farewell farewell_;
  const ProofCheck check_;
  std::mutex mutex_;
  std::function<void()> wake_;
  std::optional<access::Lapse> ended_;
};

}  // namespace

class StreamGuard::Impl {
 public:
  Impl(ProofCheck check, Options options)
      : check_(std::move(check)), options_(options), thread_([this](std::stop_token stop) { run(stop); }) {}

  std::shared_ptr<http::EventSource> add(access::Proof proof, std::shared_ptr<http::EventSource> stream,
                                         Farewell farewell) {
    auto guarded = std::make_shared<GuardedStream>(std::move(proof), std::move(stream), std::move(farewell), check_);
    const std::lock_guard lock(mutex_);
    streams_.push_back(guarded);
    return guarded;
  }

  void check_now() {
    {
      const std::lock_guard lock(mutex_);
      asked_ = true;
    }
    changed_.notify_all();
  }

 private:
  void run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      changed_.wait_for(lock, stop, options_.every, [this] { return asked_; });
      if (stop.stop_requested()) return;
      asked_ = false;
      lock.unlock();
      look();
      lock.lock();
    }
  }

  void look() try {
    const auto open = open_streams();
    if (open.empty()) return;
    std::vector<access::Proof> proofs;
    for (const auto& stream : open) proofs.push_back(stream->proof());
    const auto lapses = check_(proofs);
    for (std::size_t i = 0; i < open.size(); ++i)
      if (lapses[i]) open[i]->end(*lapses[i]);
  } catch (const std::exception& error) {
    log::warn("stream_guard.failed", {{"error", error.what()}});
  }

  // The others are forgotten.
  std::vector<std::shared_ptr<GuardedStream>> open_streams() {
    std::vector<std::shared_ptr<GuardedStream>> open;
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [&](const std::weak_ptr<GuardedStream>& weak) {
      if (auto stream = weak.lock()) open.push_back(std::move(stream));
      return weak.expired();
    });
    return open;
  }

  const ProofCheck check_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::weak_ptr<GuardedStream>> streams_;
  bool asked_ = false;
  std::jthread thread_;
};

StreamGuard::StreamGuard(ProofCheck check, Options options)
    : impl_(std::make_unique<Impl>(std::move(check), options)) {}
StreamGuard::~StreamGuard() = default;

std::shared_ptr<http::EventSource> StreamGuard::guard(access::Proof proof, std::shared_ptr<http::EventSource> stream,
                                                      Farewell farewell) {
  return impl_->add(std::move(proof), std::move(stream), std::move(farewell));
}

void StreamGuard::check_now() { impl_->check_now(); }

}  // namespace ta::web
