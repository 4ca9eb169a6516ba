#include "access/passwords.h"

#include <sodium.h>

#include "access/input_rules.h"

namespace ta::access {
namespace {

// Gives a slot back however the scope ends.
class SlotGuard {
 public:
  explicit SlotGuard(std::counting_semaphore<>& slots) : slots_(slots) {}
  ~SlotGuard() { slots_.release(); }
  SlotGuard(const SlotGuard&) = delete;
  SlotGuard& operator=(const SlotGuard&) = delete;

 private:
  std::counting_semaphore<>& slots_;
};

}  // namespace

Outcome<void> check_new_password(std::string_view password, std::string_view email) {
  if (password.size() > kPasswordBytesMax) return refuse(Refusal::Reason::password_too_long);
  // Bytes that are no UTF-8 count one by one: any password a client can send may be used.
  if (utf8_length(password).value_or(password.size()) < kPasswordLengthMin)
    return refuse(Refusal::Reason::password_too_short);
  if (normalised_email(password) == std::optional<std::string>(email))
    return refuse(Refusal::Reason::password_is_email);
  return {};
}

PasswordCost PasswordCost::lowest() { return {crypto_pwhash_MEMLIMIT_MIN, crypto_pwhash_OPSLIMIT_MIN}; }

PasswordHasher::PasswordHasher(PasswordCost cost, int at_once, std::chrono::milliseconds patience)
    : cost_(cost), patience_(patience), slots_(at_once) {
  if (sodium_init() < 0) throw FailureError(FailureCode::internal_error, "libsodium cannot start");
  std::string random(32, '\0');
  randombytes_buf(random.data(), random.size());
  nobody_ = compute(random);
}

std::string PasswordHasher::compute(std::string_view password) const {
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str(out.data(), password.data(), password.size(), cost_.passes, cost_.memory_bytes) != 0)
    throw FailureError(FailureCode::internal_error, "not enough memory to hash a password");
  return out.c_str();
}

Outcome<std::string> PasswordHasher::hash(std::string_view password) const {
  if (!slots_.try_acquire_for(patience_)) return refuse(Refusal::Reason::busy);
  const SlotGuard guard(slots_);
  return compute(password);
}

Outcome<bool> PasswordHasher::verify(const std::optional<std::string>& hash, std::string_view password) const {
  if (password.size() > kPasswordBytesMax) return false;
  if (!slots_.try_acquire_for(patience_)) return refuse(Refusal::Reason::busy);
  const SlotGuard guard(slots_);
  const std::string& expected = hash ? *hash : nobody_;
  return crypto_pwhash_str_verify(expected.c_str(), password.data(), password.size()) == 0 && hash.has_value();
}

}  // namespace ta::access
