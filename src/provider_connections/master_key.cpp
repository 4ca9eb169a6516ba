#include "provider_connections/master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <vector>

#include "base/digest.h"
#include "base/secrets.h"

namespace ta::provider_connections {
namespace {

constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::optional<std::string> from_hex(std::string_view text) {
  std::string out(kKeyBytes, '\0');
  std::size_t size = 0;
  const bool read = sodium_hex2bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &size, nullptr) == 0;
  return read && text.size() == 2 * kKeyBytes && size == kKeyBytes ? std::optional(out) : std::nullopt;
}

tl::unexpected<Failure> cannot(std::string_view verb, const std::string& path, int error) {
  return fail(FailureCode::internal_error,
              fmt::format("Cannot {} the key file {}: {}.", verb, path, std::strerror(error)));
}

bool write_all(int fd, std::string_view text) {
  return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return cannot("read", path, errno);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<void> write_new_file(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return cannot("create", path, errno);
  const bool written = write_all(fd, text);
  const int error = errno;
  ::close(fd);
  if (written) return {};
  ::unlink(path.c_str());
  return cannot("write", path, error);
}

// The name of a file is only safe when its folder is.
void sync_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

// Readers see the old text or the new one, also after a crash.
Result<void> replace_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // of an attempt that was cut short; nobody reads it
  if (const auto written = write_new_file(fresh, text); !written) return written;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return cannot("replace", path, errno);
  sync_folder_of(path);
  return {};
}

struct Key {
  std::string bytes, id;
};

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != text.npos; at = text.find_first_not_of(kBlanks, at)) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

Result<std::vector<Key>> read_keys(std::string_view text) {
  std::vector<Key> keys;
  for (const std::string_view word : words(text)) {
    auto bytes = from_hex(word);
    if (!bytes) bytes = base64_decode(word);
    if (!bytes || bytes->size() != kKeyBytes)
      return fail(FailureCode::internal_error,
                  "The master key must be 32 bytes, written as base64 or as 64 hex digits.");
    remember_secret(word);
    keys.push_back({*bytes, sha256_hex("tenantatlas master key\n" + *bytes).substr(0, 16)});
  }
  if (keys.empty())
    return fail(FailureCode::internal_error, "The master key is missing: 32 bytes, written as base64 or hex digits.");
  return keys;
}

tl::unexpected<Failure> broken() {
  return fail(FailureCode::provider_credential_missing, "The stored credential cannot be opened.");
}

}  // namespace

class MasterKey::State {
 public:
  State(std::vector<Key> keys, std::string path) : path_(std::move(path)), keys_(std::move(keys)) {
    if (sodium_init() < 0) throw FailureError(FailureCode::internal_error, "libsodium cannot start");
  }

  // What the file says now; what it said before when it cannot be read.
  void refresh() {
    if (path_.empty()) return;
    const auto text = read_file(path_);
    auto keys = text ? read_keys(*text) : Result<std::vector<Key>>(tl::make_unexpected(text.error()));
    const std::scoped_lock lock(mutex_);
    if (keys) keys_ = std::move(*keys);
  }
  Key first() const {
    const std::scoped_lock lock(mutex_);
    return keys_.front();
  }
  std::size_t count() const {
    const std::scoped_lock lock(mutex_);
    return keys_.size();
  }
  std::optional<Key> find(std::string_view id) const {
    const std::scoped_lock lock(mutex_);
    for (const Key& key : keys_)
      if (key.id == id) return key;
    return std::nullopt;
  }

 private:
  const std::string path_;  // empty: not from a file
  mutable std::mutex mutex_;
  std::vector<Key> keys_;
};

Result<MasterKey> MasterKey::parse(std::string_view text) {
  auto keys = read_keys(text);
  if (!keys) return tl::make_unexpected(keys.error());
  return MasterKey(std::make_shared<State>(std::move(*keys), ""));
}

Result<MasterKey> MasterKey::from_file(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  auto keys = read_keys(*text);
  if (!keys) return tl::make_unexpected(keys.error());
  return MasterKey(std::make_shared<State>(std::move(*keys), path));
}

Result<MasterKey> MasterKey::create_file(const std::string& path, Random& random) {
  const auto written = write_new_file(path, base64(random.bytes(kKeyBytes)) + "\n");
  if (!written) return tl::make_unexpected(written.error());
  return from_file(path);
}

Result<void> MasterKey::begin_rotation(const std::string& path, Random& random) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  const auto keys = read_keys(*text);
  if (!keys) return tl::make_unexpected(keys.error());
  if (keys->size() > 1) return {};
  return replace_file(path, base64(random.bytes(kKeyBytes)) + "\n" + std::string(words(*text).front()) + "\n");
}

Result<void> MasterKey::finish_rotation(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  if (const auto keys = read_keys(*text); !keys) return tl::make_unexpected(keys.error());
  return replace_file(path, std::string(words(*text).front()) + "\n");
}

std::string MasterKey::id() const { return state_->first().id; }

bool MasterKey::holds(std::string_view id) const { return state_->find(id).has_value(); }

bool MasterKey::has_previous() const { return state_->count() > 1; }

Sealed MasterKey::seal(std::string_view plain, std::string_view context, Random& random) const {
  state_->refresh();
  const Key key = state_->first();
  const std::string nonce = random.bytes(kNonceBytes);
  std::string cipher(plain.size() + kTagBytes, '\0');
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(cipher), &size, bytes_of(plain), plain.size(), bytes_of(context),
                                             context.size(), nullptr, bytes_of(std::string_view(nonce)),
                                             bytes_of(std::string_view(key.bytes)));
  return {key.id, base64(nonce + cipher)};
}

Result<std::string> MasterKey::open(const Sealed& sealed, std::string_view context) const {
  auto key = state_->find(sealed.key_id);
  if (!key) {
    state_->refresh();
    key = state_->find(sealed.key_id);
  }
  if (!key)
    return fail(
        FailureCode::provider_credential_missing,
        fmt::format("The credential was sealed with master key {}, and this process has {}.", sealed.key_id, id()));
  const auto raw = base64_decode(sealed.text);
  if (!raw || raw->size() < kNonceBytes + kTagBytes) return broken();
  const std::string_view cipher = std::string_view(*raw).substr(kNonceBytes);
  std::string plain(cipher.size() - kTagBytes, '\0');
  unsigned long long size = 0;
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), &size, nullptr, bytes_of(cipher), cipher.size(), bytes_of(context), context.size(),
      bytes_of(std::string_view(*raw)), bytes_of(std::string_view(key->bytes)));
  if (opened != 0) return broken();
  return plain;
}

}  // namespace ta::provider_connections
