// The keys that seal credentials. They live in a file or in the environment, never in the database.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/random.h"

namespace ta::provider_connections {

// What a secret becomes in the database.
struct Sealed {
  std::string key_id;
  std::string text;
};

// The installation's key, and during a rotation also the one before it. Copies share one state. Thread-safe.
//
// A key that comes from a file is read again whenever something is sealed and whenever an unknown key is asked for, so
// that processes which run during a rotation go over to the new key by themselves.
class MasterKey {
 public:
  // Keys of 32 bytes as base64 or as 64 hex digits, with blanks between and around them. The first one seals; the
  // others only open.
  static Result<MasterKey> parse(std::string_view text);
  static Result<MasterKey> from_file(const std::string& path);
  // Makes a key and a file for it that only the owner may read; an existing file is an error and stays as it is.
  static Result<MasterKey> create_file(const std::string& path, Random& random);

  // Puts a new key before the one in the file, in one step that a crash leaves either done or not. Does nothing when a
  // rotation is under way already.
  static Result<void> begin_rotation(const std::string& path, Random& random);
  // Leaves only the first key in the file.
  static Result<void> finish_rotation(const std::string& path);

  // Of the key that seals: tells keys apart without telling the key.
  std::string id() const;
  bool has_previous() const;
  bool holds(std::string_view id) const;  // as the one that seals or as another one

  // Encrypts for one place: what was sealed with one `context` cannot be opened with another.
  Sealed seal(std::string_view plain, std::string_view context, Random& random) const;
  // Fails when the key, the context or a single bit differs; when the key is not there, it says which one is needed.
  Result<std::string> open(const Sealed& sealed, std::string_view context) const;

 private:
  class State;
  explicit MasterKey(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace ta::provider_connections
