#include "runs/lease_watch.h"

namespace ta::runs {

void LeaseWatch::begin(Steady::time_point now) {
  if (looking_) quiet_until_ = now + lease_ * 3 / 2;
  if (looking_ || now - ended_at_ > lease_) seen_.clear();
  looking_ = true;
  ++look_;
  now_ = now;
}

void LeaseWatch::end(Steady::time_point now) {
  looking_ = false;
  ended_at_ = now;
  std::erase_if(seen_, [this](const auto& one) { return one.second.look != look_; });
}

bool LeaseWatch::is_silent(const SilentLease& lease) {
  Seen& seen = seen_[lease.run.value];
  if (seen.look == 0 || seen.expires_at != lease.expires_at || seen.token != lease.token)
    seen = {lease.expires_at, lease.token, now_, look_};
  seen.look = look_;
  return now_ >= quiet_until_ && now_ - seen.since >= lease_ * 2 / 5;
}

}  // namespace ta::runs
