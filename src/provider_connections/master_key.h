// The key that seals credentials. It lives in a file or in the environment, never in the database.
#pragma once
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/random.h"

namespace ta::provider_connections {

// 32 bytes. Immutable, hence thread-safe.
class MasterKey {
 public:
  // 32 bytes as base64 or as 64 hex digits; blanks around them are ignored.
  static Result<MasterKey> parse(std::string_view text);
  static Result<MasterKey> from_file(const std::string& path);
  // Makes a key and a file for it that only the owner may read; an existing file is an error and stays as it is.
  static Result<MasterKey> create_file(const std::string& path, Random& random);

  // Tells keys apart without telling the key.
  const std::string& id() const { return id_; }

  // Encrypts for one place: what was sealed with one `context` cannot be opened with another.
  std::string seal(std::string_view plain, std::string_view context, Random& random) const;
  // Fails when the key, the context or a single bit differs.
  Result<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  explicit MasterKey(std::string bytes);

  std::string bytes_;
  std::string id_;
};

}  // namespace ta::provider_connections
