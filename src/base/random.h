// Injected randomness: secure bytes in production, a seed in tests.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace ta {

class Random {
 public:
  virtual ~Random() = default;
  // Safe to call from several threads.
  virtual std::string bytes(std::size_t count) = 0;
  // Uniform in [0, bound); bound must not be 0.
  std::uint64_t below(std::uint64_t bound);
  // 32 random bytes as base64url: session ids, API tokens, lease tokens.
  std::string token();
  // A version 4 UUID in lower case.
  std::string uuid();
};

// The operating system's generator (libsodium).
class SecureRandom : public Random {
 public:
  std::string bytes(std::size_t count) override;
};

// Reproducible: the same seed gives the same bytes. Never for secrets.
std::unique_ptr<Random> seeded_random(std::uint64_t seed);

}  // namespace ta
