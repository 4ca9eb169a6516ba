#include "storage/usage.h"

namespace ta::storage {

Usage& usage_of_this_thread() {
  thread_local Usage usage;
  return usage;
}

}  // namespace ta::storage
