// The secrets that this process holds, in every spelling in which they may come back. Use base/secrets.h.
#pragma once
#include <bitset>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace ta {

// Thread-safe. Looking through a text costs one look-up per byte at most, however many secrets there are.
class KnownSecrets {
 public:
  enum class Kind { lasting, passing };
  // TenantId{} is the installation.
  void add(std::string_view secret, TenantId owner, Kind kind);
  // Removes the installation's secrets and those of `tenant`; nullopt: everybody's.
  std::string remove_from(std::string_view text, std::optional<TenantId> tenant) const;

 private:
  struct Spelling {
    TenantId owner;
    std::string text;
  };
  struct Held {
    std::string secret;
    TenantId owner;
    std::vector<Spelling> spellings;
  };
  using Shelf = std::list<Held>;  // its elements do not move: the index points into them

  Shelf& shelf(TenantId owner, Kind kind);
  void index(const Held& held);
  void forget_first(Shelf& shelf);
  std::size_t length_at(std::string_view text, std::size_t at, std::optional<TenantId> tenant) const;

  mutable std::shared_mutex mutex_;
  std::map<TenantId, Shelf> lasting_, passing_;
  std::deque<TenantId> passing_order_;                                            // whose passing secret came when
  std::unordered_map<std::uint64_t, std::vector<const Spelling*>> by_beginning_;  // its first eight bytes
  std::bitset<65'536> first_two_;                                                 // which pairs of bytes begin any
};

}  // namespace ta
