// A database that calls back before each write, for tests of what may happen between two of them.
#pragma once
#include <functional>

#include "storage/database.h"

namespace ta::testing {

// Passes everything on to another database, which must outlive it. Set `before_write` before it is used by threads.
class InterceptedDatabase : public storage::Database {
 public:
  explicit InterceptedDatabase(storage::Database& database) : database_(database) {}

  std::function<void()> before_write;  // called outside the transaction

  storage::Engine engine() const override { return database_.engine(); }
  std::string display_url() const override { return database_.display_url(); }
  std::shared_ptr<void> listen(const std::string& channel, std::function<void(std::string_view)> on_message) override {
    return database_.listen(channel, std::move(on_message));
  }
  void notify(const std::string& channel, std::string_view payload) noexcept override {
    database_.notify(channel, payload);
  }

 protected:
  void transact(bool write, const std::function<void(storage::Transaction&)>& body) override {
    if (!write) return database_.read([&](storage::Transaction& tx) { body(tx); });
    if (before_write) before_write();
    database_.write([&](storage::Transaction& tx) { body(tx); });
  }

 private:
  storage::Database& database_;
};

}  // namespace ta::testing
