#include "runs/completer.h"

#include <iterator>

#include "base/log.h"
#include "base/secrets.h"
#include "runs/database_trouble.h"

namespace ta::runs {
namespace {

constexpr std::string_view kRefused = "The database refused this result. The log of the server says what it was.";
constexpr std::size_t kLoggedMax = 4'000;

// The same end without anything that the handler said.
FinishedJob without_result(const FinishedJob& finished) {
  Completion failed;
  failed.failures.push_back({std::string(name(FailureCode::internal_error)), std::string(kRefused), 1});
  failed.started_at = finished.completion.started_at;
  failed.ended_at = finished.completion.ended_at;
  return {finished.job, std::move(failed)};
}

std::string logged(const Completion& completion) {
  json::array failures;
  for (const FailureEntry& entry : completion.failures)
    failures.push_back({{"code", entry.code}, {"message", entry.message}, {"count", entry.count}});
  const json::object all{{"outcome", name(completion.outcome)},
                         {"counts", to_json(completion.counts)},
                         {"failures", std::move(failures)},
                         {"context", completion.context}};
  return sanitise_message(json::serialize(all), kLoggedMax);
}

}  // namespace

Completer::Completer(JobQueue& queue, CompleterOptions options) : queue_(queue), options_(options) {
  thread_ = std::thread([this] { loop(); });
}

Completer::~Completer() {
  give_up_at(Steady::now() + options_.stop_patience);
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

void Completer::give_up_at(Steady::time_point time) {
  {
    const std::lock_guard lock(mutex_);
    give_up_at_ = std::min(give_up_at_, time);
  }
  changed_.notify_all();
}

void Completer::loop() {
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock)) {
    Batch batch = take_batch();
    lock.unlock();
    const Answers answers = write(batch.finished);
    std::vector<Pending> again;
    for (std::size_t i = 0; i < batch.done.size(); ++i) {
      if (answers[i] == Answer::ask_again)
        again.push_back({std::move(batch.finished[i]), std::move(batch.done[i])});
      else
        batch.done[i](answers[i] == Answer::written);
    }
    lock.lock();
    if (!again.empty()) aside_due_ = Steady::now() + options_.pause_max;
    std::ranges::move(again, std::back_inserter(aside_));
  }
}

// False when all is written and no more will come.
bool Completer::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto due = [this] { return !aside_.empty() && Steady::now() >= std::min(aside_due_, give_up_at_); };
  while (pending_.empty() && !due()) {
    if (aside_.empty() && stopping_) return false;
    if (aside_.empty())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, std::min(aside_due_, give_up_at_));
  }
  if (due()) std::ranges::move(std::exchange(aside_, {}), std::back_inserter(pending_));
  return true;
}

Completer::Batch Completer::take_batch() {
  const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(std::min(pending_.size(), options_.batch_max));
  Batch batch;
  for (auto one = pending_.begin(); one != end; ++one) {
    batch.finished.push_back(std::move(one->finished));
    batch.done.push_back(std::move(one->done));
  }
  pending_.erase(pending_.begin(), end);
  return batch;
}

Completer::Answers Completer::write(const std::vector<FinishedJob>& batch, bool again) {
  for (std::chrono::milliseconds pause{20};; again = true) {
    try {
      Answers answers;
      for (const bool written : queue_.complete_many(batch, again))
        answers.push_back(written ? Answer::written : Answer::not_written);
      return answers;
    } catch (const std::exception& error) {
      ++failed_writes_;
      log::error("run.complete_failed", {{"runs", batch.size()}, {"error", error.what()}});
      if (!passes_by_itself(error))
        return batch.size() == 1 ? Answers{refused(batch.front(), error)} : write_halves(batch);
    }
    if (!may_try_again(pause)) return Answers(batch.size(), Answer::not_written);
  }
}

// The database refuses something of the batch: whatever it is, it ends up alone.
Completer::Answers Completer::write_halves(const std::vector<FinishedJob>& batch) {
  const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
  Answers answers = write({batch.begin(), middle}, true);
  std::ranges::copy(write({middle, batch.end()}, true), std::back_inserter(answers));
  return answers;
}

// One result that the database refuses. When it takes the run's end without it, the result was the trouble. Otherwise
// something else is, which may pass, and the result must not be lost for it.
Completer::Answer Completer::refused(const FinishedJob& finished, const std::exception& error) {
  const ClaimedJob& job = finished.job;
  try {
    if (!queue_.complete_many({without_result(finished)}).front()) return Answer::not_written;
    log::error("run.result_refused", {{"run", job.run},
                                      {"tenant", job.tenant},
                                      {"type", job.type},
                                      {"error", error.what()},
                                      {"result", logged(finished.completion)}});
    return Answer::not_written;
  } catch (const std::exception& second) {
    ++failed_writes_;
    log::error("run.complete_failed", {{"run", job.run}, {"error", second.what()}});
  }
  const std::lock_guard lock(mutex_);
  return Steady::now() < give_up_at_ ? Answer::ask_again : Answer::not_written;
}

// After a pause; false when it is time to give up.
bool Completer::may_try_again(std::chrono::milliseconds& pause) {
  std::unique_lock lock(mutex_);
  const auto until = Steady::now() + pause;
  pause = std::min(pause * 2, options_.pause_max);
  while (Steady::now() < std::min(until, give_up_at_)) changed_.wait_until(lock, std::min(until, give_up_at_));
  return Steady::now() < give_up_at_;
}

}  // namespace ta::runs
