#include "runs/completer.h"

#include <iterator>

#include "base/log.h"

namespace ta::runs {

Completer::Completer(JobQueue& queue, CompleterOptions options) : queue_(queue), options_(options) {
  thread_ = std::thread([this] { loop(); });
}

Completer::~Completer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Completer::submit(FinishedJob finished, Done done) {
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back({std::move(finished), std::move(done)});
  }
  changed_.notify_one();
}

void Completer::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    if (pending_.empty()) return;
    const auto end = pending_.begin() + std::min(pending_.size(), options_.batch_max);
    std::vector<FinishedJob> batch;
    std::vector<Done> done;
    for (auto one = pending_.begin(); one != end; ++one) {
      batch.push_back(std::move(one->finished));
      done.push_back(std::move(one->done));
    }
    pending_.erase(pending_.begin(), end);
    lock.unlock();
    const std::vector<bool> answers = write(batch);
    for (std::size_t i = 0; i < done.size(); ++i) done[i](answers[i]);
    lock.lock();
  }
}

// A database that is away ends nothing: the completion is tried again under its token, which decides.
std::vector<bool> Completer::write(const std::vector<FinishedJob>& batch) {
  const auto give_up = std::chrono::steady_clock::now() + options_.give_up_after;
  std::chrono::milliseconds pause{20};
  for (bool again = false;; again = true) {
    try {
      return queue_.complete_many(batch, again);
    } catch (const std::exception& error) {
      log::error("run.complete_failed", {{"runs", batch.size()}, {"error", error.what()}});
    }
    std::unique_lock lock(mutex_);
    if (std::chrono::steady_clock::now() >= give_up || stopping_) return std::vector<bool>(batch.size(), false);
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    pause = std::min(pause * 2, std::chrono::milliseconds{1'000});
  }
}

}  // namespace ta::runs
