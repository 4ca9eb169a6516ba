#include "provider_connections/connection_rules.h"

#include <gtest/gtest.h>

#include "graph/endpoints.h"

namespace ta::provider_connections {
namespace {

TEST(ConnectionRules, Guids) {
  EXPECT_TRUE(is_guid("6f0c2d3e-1111-2222-3333-44445555666a"));
  for (const char* wrong : {"", "contoso.onmicrosoft.com", "6F0C2D3E-1111-2222-3333-444455556666",
                            "6f0c2d3e11112222333344445555666612345", "6f0c2d3e-1111-2222-3333-44445555666",
                            "{6f0c2d3e-1111-2222-3333-4444555566}", "6f0c2d3e-1111-2222-33334-44455556666"})
    EXPECT_FALSE(is_guid(wrong)) << wrong;
}

TEST(ConnectionRules, EndpointsAreEncryptedOrOnThisMachine) {
  for (const char* right : {"https://graph.microsoft.com", "https://graph.microsoft.us:443", "http://127.0.0.1:8099",
                            "http://localhost:1", "http://[::1]:8099", "https://[::1]", "https://10.0.0.1:8443",
                            "https://[fd00::1]:65535", "https://graph.internal"})
    EXPECT_TRUE(is_endpoint(right)) << right;
  for (const char* wrong : {"",
                            "graph.microsoft.com",
                            "http://graph.microsoft.com",
                            "https://",
                            "https://graph.microsoft.com/",
                            "https://graph.microsoft.com/beta",
                            "https://user@graph.microsoft.com",
                            "https://graph.microsoft.com?x",
                            "https://graph.microsoft.com:",
                            "https://graph.microsoft.com:port",
                            "ftp://127.0.0.1",
                            "file:///etc/passwd",
                            "http://127.0.0.1.evil.example",
                            "http://localhost.evil.example",
                            "https://graph microsoft.com",
                            "https://graph.microsoft.com\r\nHost: x",
                            "https://GRAPH.microsoft.com",
                            "https://-x",
                            "https://x:99999",
                            "https://x:0",
                            "https://x:00443x",
                            "http://127.",
                            "https://127.1",
                            "https://0x7f.0.0.1",
                            "https://2130706433",
                            "https://1.2.3.256",
                            "https://a..b",
                            "https://a.",
                            "https://.a",
                            "https://a-.example",
                            "https://[::1",
                            "https://::1",
                            "https://[10.0.0.1]",
                            "http://10.0.0.1",
                            "http://[fd00::1]",
                            "https://[::1]x"})
    EXPECT_FALSE(is_endpoint(wrong)) << wrong;
}

TEST(ConnectionRules, AddressesAreMicrosoftsUnlessTheInstallationAllowsOthers) {
  using enum EndpointRule;
  for (const graph::Cloud& cloud : graph::clouds())
    EXPECT_EQ(refusal_of({std::string(cloud.login_base), std::string(cloud.graph_base)}, microsoft), std::nullopt);
  EXPECT_EQ(refusal_of({"https://login.microsoftonline.com:443", "https://graph.microsoft.com:443"}, microsoft),
            std::nullopt);
  const std::string login = "https://login.microsoftonline.com";
  for (const std::string other :
       {"http://127.0.0.1:1", "http://localhost:22", "http://[::1]:80", "https://10.0.0.1:8443", "https://evil.example",
        "https://metadata.google.internal", "https://graph.microsoft.com:8443",
        "https://graph.microsoft.com.evil.example", "https://dod-graph.microsoft.us"}) {
    EXPECT_EQ(refusal_of({login, other}, microsoft), ConnectionRefusal::endpoint_not_allowed) << other;
    EXPECT_EQ(refusal_of({other, "https://graph.microsoft.com"}, microsoft), ConnectionRefusal::endpoint_not_allowed);
    EXPECT_EQ(refusal_of({other, other}, custom), std::nullopt) << other;
  }
  for (const std::string never : {"https://169.254.169.254", "https://[fe80::1]", "https://[::ffff:169.254.169.254]",
                                  "https://100.100.100.200", "https://[fd00:ec2::254]:80"}) {
    EXPECT_NE(refusal_of({login, never}, microsoft), std::nullopt) << never;
    EXPECT_EQ(refusal_of({login, never}, custom), ConnectionRefusal::endpoint_invalid) << never;
    EXPECT_EQ(refusal_of({never, login}, custom), ConnectionRefusal::endpoint_invalid) << never;
  }
}

TEST(ConnectionRules, WhatEntraMakesIsASecretAndWordsAreNone) {
  // As Entra has made them over the years.
  for (const char* real : {"Zx8Q~1TqN.v_0aB3cD4eF5gH6iJ7kL8mN9oP0q", "kVI7Q~ZY4dS.~9n_pQx2LmOe3rTuWvA1bC5dE",
                           "1uRz1Pf9h-~F.MbQ2xJ7vT_8Kc4sNw6gYd",
                           "x0QZk8hVbqF3n1r5sWc7dYp2mTj9uLgE4aKiXoB6yvI=", "Jb?t:4k=8vYqGzM@1fC[Rw5hN]ePxS2d"})
    EXPECT_EQ(refusal_of_client_secret(real), std::nullopt) << real;
  for (const char* weak : {"short", "s3cret", "0123456789abcde", "Insufficient", "privileges",
                           "Insufficient privileges", "Insufficientprivileges", "deviceManagementConfigurationPolicy2",
                           "aaaaaaaaaaaaaaaaaaaaaaaa1", "1212121212121212", "abababab1abababab", "ABCDEFGHIJKLMNOPQRST",
                           "12345678901234567890", "Zx8Q~1TqN v_0aB3cD4eF5gH6iJ7kL8mN9oP0q"})
    EXPECT_EQ(refusal_of_client_secret(weak), ConnectionRefusal::secret_weak) << weak;
  for (const char* id : {"6f0c2d3e-1111-2222-3333-444455556666", "6F0C2D3E-AAAA-2222-3333-444455556666"})
    EXPECT_EQ(refusal_of_client_secret(id), ConnectionRefusal::secret_is_an_id) << id;
}

}  // namespace
}  // namespace ta::provider_connections
