#include "base/network_address.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace ta {
namespace {

using enum AddressKind;

TEST(NetworkAddress, LinkLocalAndMetadataAddressesInEverySpelling) {
  for (const char* text :
       {"169.254.169.254", "169.254.0.0", "169.254.255.255", "fe80::1", "febf:ffff::", "100.100.100.200",
        "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe",
        "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::"})
    EXPECT_EQ(kind_of_address(text), link_local) << text;
}

TEST(NetworkAddress, LoopbackPrivateAndReservedOnes) {
  for (const char* text : {"127.0.0.1", "127.255.255.255", "0.0.0.0", "0.1.2.3", "::", "::1", "::ffff:127.0.0.1"})
    EXPECT_EQ(kind_of_address(text), this_machine) << text;
  for (const char* text :
       {"10.0.0.1",   "172.16.0.1",      "172.31.255.255",    "192.168.1.1",  "100.64.0.1",   "100.127.255.255",
        "198.18.0.1", "198.19.255.255",  "192.0.2.7",         "224.0.0.1",    "240.0.0.1",    "255.255.255.255",
        "fc00::1",    "fdff::1",         "fec0::1",           "ff02::1",      "2001:db8::1",  "2001::1",
        "100::1",     "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:a00:1::", "::7f00:1"})
    EXPECT_EQ(kind_of_address(text), internal) << text;
}

TEST(NetworkAddress, WhatLiesBesideThemIsOnTheInternet) {
  for (const char* text : {"20.190.128.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.1",
                           "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
                           "192.169.0.0", "100.63.255.255", "100.128.0.0", "198.17.255.255", "198.20.0.0",
                           "223.255.255.255", "2603:1006:2000::10", "2001:4860:4860::8888", "64:ff9b::20.190.128.1"})
    EXPECT_EQ(kind_of_address(text), internet) << text;
}

TEST(NetworkAddress, NamesAndOtherSpellingsAreNoAddresses) {
  for (const char* text :
       {"", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "[::1]", "1.2.3.4:80", "127.", "1.2.3"})
    EXPECT_EQ(kind_of_address(text), std::nullopt) << text;
}

TEST(NetworkAddress, OfASocket) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  ::inet_pton(AF_INET, "169.254.169.254", &four.sin_addr);
  EXPECT_EQ(kind_of_address(reinterpret_cast<const sockaddr&>(four)), link_local);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "::1", &six.sin6_addr);
  EXPECT_EQ(kind_of_address(reinterpret_cast<const sockaddr&>(six)), this_machine);
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_EQ(kind_of_address(other), std::nullopt);
}

}  // namespace
}  // namespace ta
