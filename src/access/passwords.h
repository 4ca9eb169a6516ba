// Passwords at rest: argon2id, with a bound on how much memory sign-ins may take together.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>

#include "access/access.h"

namespace ta::access {

inline constexpr std::size_t kPasswordLengthMin = 12;  // characters
inline constexpr std::size_t kPasswordBytesMax = 1024;

// The rules for a new password of the user with `email`.
Outcome<void> check_new_password(std::string_view password, std::string_view email);

// Work for one hash. The default takes 64 MiB and about 65 ms.
struct PasswordCost {
  std::size_t memory_bytes = std::size_t{64} << 20;
  unsigned long long passes = 2;
  static PasswordCost lowest();  // for tests
};

// Thread-safe. At most `at_once` hashes are computed at the same time; further callers wait up to `patience` and are
// then refused (Reason::busy), so that a flood of sign-ins cannot take the machine's memory.
class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordCost cost = {}, int at_once = 2,
                          std::chrono::milliseconds patience = std::chrono::seconds{5});

  // The hash carries its own salt and cost.
  Outcome<std::string> hash(std::string_view password) const;
  // Whether `password` belongs to `hash`. Without a hash (no such user) it does the same work and says no.
  Outcome<bool> verify(const std::optional<std::string>& hash, std::string_view password) const;

 private:
  std::string compute(std::string_view password) const;

  PasswordCost cost_;
  std::chrono::milliseconds patience_;
  mutable std::counting_semaphore<> slots_;
  std::string nobody_;  // a hash that no password belongs to
};

}  // namespace ta::access
