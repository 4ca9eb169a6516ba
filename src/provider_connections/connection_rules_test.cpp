#include "provider_connections/connection_rules.h"

#include <gtest/gtest.h>

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
                            "http://localhost:1", "http://[::1]:8099", "https://[::1]"})
    EXPECT_TRUE(is_endpoint(right)) << right;
  for (const char* wrong :
       {"", "graph.microsoft.com", "http://graph.microsoft.com", "https://", "https://graph.microsoft.com/",
        "https://graph.microsoft.com/beta", "https://user@graph.microsoft.com", "https://graph.microsoft.com?x",
        "https://graph.microsoft.com:", "https://graph.microsoft.com:port", "ftp://127.0.0.1", "file:///etc/passwd",
        "http://127.0.0.1.evil.example", "http://localhost.evil.example", "https://graph microsoft.com",
        "https://graph.microsoft.com\r\nHost: x", "https://GRAPH.microsoft.com", "https://-x"})
    EXPECT_FALSE(is_endpoint(wrong)) << wrong;
}

}  // namespace
}  // namespace ta::provider_connections
