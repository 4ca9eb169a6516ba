// What this thread has asked of databases so far, for tests and measurements of what a page costs.
#pragma once
#include <cstdint>

namespace ta::storage {

struct Usage {
  std::int64_t calls = 0;         // of Database::read and write; without a Snapshot each is a transaction
  std::int64_t transactions = 0;  // begun
  std::int64_t statements = 0;    // each batch of rows is one
};

Usage& usage_of_this_thread();

}  // namespace ta::storage
