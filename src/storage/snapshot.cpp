#include "storage/snapshot.h"

#include "storage/connection.h"

namespace ta::storage {
namespace {

thread_local Snapshot* innermost = nullptr;

}  // namespace

Snapshot::Snapshot(Database& database) : database_(database), outer_(innermost), nested_(of(database) != nullptr) {
  if (!nested_) innermost = this;
}

Snapshot::~Snapshot() {
  if (nested_) return;
  end();
  innermost = outer_;
}

Snapshot* Snapshot::of(const Database& database) {
  Snapshot* found = innermost;
  while (found && &found->database_ != &database) found = found->outer_;
  return found;
}

void Snapshot::end() noexcept {
  if (!connection_) return;
  connection_->rollback();  // it has read only
  connection_.reset();
}

}  // namespace ta::storage
