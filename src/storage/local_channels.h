// LISTEN and NOTIFY for a database with one process: messages by channel, delivered on the sender's thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace ta::storage {

class LocalChannels : public std::enable_shared_from_this<LocalChannels> {
 public:
  using Callback = std::function<void(std::string_view)>;

  // Until the handle is destroyed; after that the callback is not running and will not run again. A callback may end
  // its own listening.
  std::shared_ptr<void> listen(const std::string& channel, Callback callback);
  void notify(const std::string& channel, std::string_view payload);

 private:
  struct Slot {
    std::recursive_mutex mutex;
    Callback callback;
  };
  void remove(std::uint64_t id, Slot& slot);

  std::mutex mutex_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::pair<std::string, std::shared_ptr<Slot>>> listeners_;
};

}  // namespace ta::storage
