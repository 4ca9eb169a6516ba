#include "base/random.h"

#include <fmt/format.h>
#include <sodium.h>

#include <cstring>
#include <mutex>
#include <random>

#include "base/digest.h"

namespace ta {
namespace {

class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::string bytes(std::size_t count) override {
    const std::lock_guard lock(mutex_);
    std::string out(count, '\0');
    for (char& byte : out) byte = static_cast<char>(engine_() >> 24);
    return out;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // above it the remainder would favour small values
  for (;;) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes(sizeof value).data(), sizeof value);
    if (value < limit) return value % bound;
  }
}

std::string Random::token() { return base64url(bytes(32)); }

std::string Random::uuid() {
  std::string raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3F) | 0x80);
  const std::string digits = hex(raw);
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                     digits.substr(16, 4), digits.substr(20));
}

std::string SecureRandom::bytes(std::size_t count) {
  // Picks the generator; without it the first calls from several threads would race.
  [[maybe_unused]] static const int ready = sodium_init();
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::unique_ptr<Random> seeded_random(std::uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

}  // namespace ta
