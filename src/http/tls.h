// A certificate authority of our own, for tests, the demo and the simulator. Never for production.
#pragma once
#include <string>

#include "http/server.h"

namespace ta::http {

struct TestCertificates {
  std::string authority_pem;  // what clients must trust
  ServerCertificate server;   // for localhost, 127.0.0.1 and ::1, signed by it
};

// New keys (P-256) at every call; valid from yesterday for ten years. Throws std::runtime_error if OpenSSL fails.
TestCertificates make_test_certificates();

}  // namespace ta::http
