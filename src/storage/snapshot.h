// One moment for many reads: while a Snapshot lives, Database::read() on its thread runs in one read transaction, so
// that the counts, the list and the frame of a page agree.
//
//   const storage::Snapshot one_moment(database);
//   …any number of database.read(…), by whatever is called…
//
// The transaction begins with the first read. It ends with the Snapshot, before a write() of this thread (no thread
// holds two connections), and with a read that throws; the next read then begins another one, of a later moment. Keep
// it to what answers in milliseconds: on PostgreSQL it holds a connection of the pool. A Snapshot inside another one on
// the same database does nothing.
#pragma once
#include "storage/database.h"

namespace ta::storage {

class Snapshot {
 public:
  explicit Snapshot(Database& database);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // For the engines: this thread's, if it has one; the connection in its transaction, null before the first read; to
  // start it with a connection that has begun (and goes back to its pool with its last owner); to end it.
  static Snapshot* of(const Database& database);
  Connection* connection() const { return connection_.get(); }
  void begin(std::shared_ptr<Connection> begun) { connection_ = std::move(begun); }
  void end() noexcept;

 private:
  const Database& database_;
  Snapshot* const outer_;  // of this thread, on another database
  const bool nested_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace ta::storage
