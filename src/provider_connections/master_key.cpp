#include "provider_connections/master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "base/digest.h"
#include "base/secrets.h"

namespace ta::provider_connections {
namespace {

constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::optional<std::string> from_hex(std::string_view text) {
  std::string out(kKeyBytes, '\0');
  std::size_t size = 0;
  const bool read = sodium_hex2bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &size, nullptr) == 0;
  return read && text.size() == 2 * kKeyBytes && size == kKeyBytes ? std::optional(out) : std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

tl::unexpected<Failure> cannot(std::string_view verb, const std::string& path, int error) {
  return fail(FailureCode::internal_error,
              fmt::format("Cannot {} the key file {}: {}.", verb, path, std::strerror(error)));
}

bool write_all(int fd, std::string_view text) {
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
}

}  // namespace

MasterKey::MasterKey(std::string bytes)
    : bytes_(std::move(bytes)), id_(sha256_hex("tenantatlas master key\n" + bytes_).substr(0, 16)) {
  if (sodium_init() < 0) throw FailureError(FailureCode::internal_error, "libsodium cannot start");
}

Result<MasterKey> MasterKey::parse(std::string_view text) {
  text = without_blanks(text);
  auto bytes = from_hex(text);
  if (!bytes) bytes = base64_decode(text);
  if (!bytes || bytes->size() != kKeyBytes)
    return fail(FailureCode::internal_error, "The master key must be 32 bytes, written as base64 or as 64 hex digits.");
  remember_secret(text);
  return MasterKey(*bytes);
}

Result<MasterKey> MasterKey::from_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return cannot("read", path, errno);
  std::ostringstream text;
  text << in.rdbuf();
  return parse(text.str());
}

Result<MasterKey> MasterKey::create_file(const std::string& path, Random& random) {
  const std::string text = base64(random.bytes(kKeyBytes));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return cannot("create", path, errno);
  const bool written = write_all(fd, text + "\n");
  const int error = errno;
  ::close(fd);
  if (written) return parse(text);
  ::unlink(path.c_str());
  return cannot("write", path, error);
}

std::string MasterKey::seal(std::string_view plain, std::string_view context, Random& random) const {
  const std::string nonce = random.bytes(kNonceBytes);
  std::string cipher(plain.size() + kTagBytes, '\0');
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(cipher), &size, bytes_of(plain), plain.size(), bytes_of(context),
                                             context.size(), nullptr, bytes_of(std::string_view(nonce)),
                                             bytes_of(std::string_view(bytes_)));
  return base64(nonce + cipher);
}

Result<std::string> MasterKey::open(std::string_view sealed, std::string_view context) const {
  const auto raw = base64_decode(sealed);
  const auto broken = [] {
    return fail(FailureCode::provider_credential_missing, "The stored credential cannot be opened.");
  };
  if (!raw || raw->size() < kNonceBytes + kTagBytes) return broken();
  const std::string_view cipher = std::string_view(*raw).substr(kNonceBytes);
  std::string plain(cipher.size() - kTagBytes, '\0');
  unsigned long long size = 0;
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), &size, nullptr, bytes_of(cipher), cipher.size(), bytes_of(context), context.size(),
      bytes_of(std::string_view(*raw)), bytes_of(std::string_view(bytes_)));
  if (opened != 0) return broken();
  return plain;
}

}  // namespace ta::provider_connections
