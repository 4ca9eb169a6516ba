#include "storage/local_channels.h"

#include <vector>

namespace ta::storage {

std::shared_ptr<void> LocalChannels::listen(const std::string& channel, Callback callback) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_id_++;
  auto slot = std::make_shared<Slot>();
  slot->callback = std::move(callback);
  listeners_.emplace(id, std::pair(channel, slot));
  return std::shared_ptr<void>(nullptr, [self = shared_from_this(), id, slot](void*) { self->remove(id, *slot); });
}

void LocalChannels::notify(const std::string& channel, std::string_view payload) {
  std::vector<std::shared_ptr<Slot>> targets;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, listener] : listeners_)
      if (listener.first == channel) targets.push_back(listener.second);
  }
  for (const auto& slot : targets) {
    const std::lock_guard lock(slot->mutex);
    if (slot->callback) slot->callback(payload);
  }
}

void LocalChannels::remove(std::uint64_t id, Slot& slot) {
  {
    const std::lock_guard lock(mutex_);
    listeners_.erase(id);
  }
  const std::lock_guard lock(slot.mutex);
  slot.callback = nullptr;
}

}  // namespace ta::storage
