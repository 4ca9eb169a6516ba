// What an IP address leads to. Asked before a request goes to an address that a person may have chosen.
#pragma once
#include <optional>
#include <string_view>

struct sockaddr;

namespace ta {

// this_machine: loopback and the unspecified address. internal: private, shared, documentation, multicast and every
// other range that is not routed on the internet. link_local: 169.254.0.0/16, fe80::/10 and the metadata services of
// clouds, which hand out credentials to anybody who asks from the machine. An IPv4 address inside an IPv6 one (mapped,
// NAT64, 6to4) counts as itself.
enum class AddressKind { internet, this_machine, internal, link_local };
std::string_view name(AddressKind kind);  // "a link-local or metadata address"

// "10.0.0.1", "::1"; without brackets and port. nullopt for anything else, host names too.
std::optional<AddressKind> kind_of_address(std::string_view text);
// nullopt when it is neither IPv4 nor IPv6.
std::optional<AddressKind> kind_of_address(const sockaddr& address);

}  // namespace ta
