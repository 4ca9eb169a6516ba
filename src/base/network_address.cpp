#include "base/network_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <string>

namespace ta {
namespace {

using enum AddressKind;
using Bytes4 = std::array<unsigned char, 4>;
using Bytes16 = std::array<unsigned char, 16>;

template <class Bytes>
struct Range {
  Bytes from;
  int bits;
  AddressKind kind;
};

// The first that fits counts.
constexpr Range<Bytes4> kRanges4[] = {
    {{169, 254}, 16, link_local},
    {{100, 100, 100, 200}, 32, link_local},  // Alibaba's metadata
    {{168, 63, 129, 16}, 32, link_local},    // Azure's
    {{192, 0, 0, 192}, 32, link_local},      // Oracle's
    {{0}, 8, this_machine},
    {{127}, 8, this_machine},
    {{10}, 8, internal},
    {{100, 64}, 10, internal},
    {{172, 16}, 12, internal},
    {{192, 0, 0}, 24, internal},
    {{192, 0, 2}, 24, internal},
    {{192, 88, 99}, 24, internal},
    {{192, 168}, 16, internal},
    {{198, 18}, 15, internal},
    {{198, 51, 100}, 24, internal},
    {{203, 0, 113}, 24, internal},
    {{224}, 3, internal},  // multicast and what lies above
};
constexpr Range<Bytes16> kRanges6[] = {
    {{0xfe, 0x80}, 10, link_local},
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, link_local},  // Amazon's metadata
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, link_local},  // Google's
    {{0}, 127, this_machine},                                                               // :: and ::1
    {{0x20, 0x01, 0x00, 0x00}, 32, internal},                                               // Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32, internal},                                               // documentation
    {{0x20}, 3, internet},
};
// Where an IPv4 address stands in an IPv6 one.
struct Embedding {
  Bytes16 from;
  int bits;
  std::size_t at;
};
constexpr Embedding kEmbeddings[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},  // mapped
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},                    // NAT64
    {{0x20, 0x02}, 16, 2},                                 // 6to4
};

template <class Bytes>
bool begins_with(const Bytes& address, const Bytes& from, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(whole), address.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((from[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

AddressKind kind_of(const Bytes4& address) {
  for (const auto& range : kRanges4)
    if (begins_with(address, range.from, range.bits)) return range.kind;
  return internet;
}

AddressKind kind_of(const Bytes16& address) {
  for (const Embedding& one : kEmbeddings) {
    if (!begins_with(address, one.from, one.bits)) continue;
    Bytes4 inner{};
    std::copy_n(address.begin() + static_cast<std::ptrdiff_t>(one.at), inner.size(), inner.begin());
    return kind_of(inner);
  }
  for (const auto& range : kRanges6)
    if (begins_with(address, range.from, range.bits)) return range.kind;
  return internal;
}

}  // namespace

std::string_view name(AddressKind kind) {
  switch (kind) {
    case internet: return "an address on the internet";
    case this_machine: return "this machine itself";
    case internal: return "a private network";
    case link_local: return "a link-local or metadata address";
  }
  return {};
}

std::optional<AddressKind> kind_of_address(std::string_view text) {
  const std::string address(text);
  Bytes4 four{};
  Bytes16 sixteen{};
  if (::inet_pton(AF_INET, address.c_str(), four.data()) == 1) return kind_of(four);
  if (::inet_pton(AF_INET6, address.c_str(), sixteen.data()) == 1) return kind_of(sixteen);
  return std::nullopt;
}

std::optional<AddressKind> kind_of_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    Bytes4 four{};
    const auto& inner = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    std::copy_n(reinterpret_cast<const unsigned char*>(&inner), four.size(), four.begin());
    return kind_of(four);
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  Bytes16 sixteen{};
  std::copy_n(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr, sixteen.size(), sixteen.begin());
  return kind_of(sixteen);
}

}  // namespace ta
