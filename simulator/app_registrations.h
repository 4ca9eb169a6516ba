// What may change about the simulated app registrations: consent, certificates, redirect addresses.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/client_assertion.h"
#include "simulator/world.h"

namespace ta::simulator {

// Safe to use from several threads.
class AppRegistrations {
 public:
  // An administrator has consented, at the start of the world or since.
  bool consented(const App& app) const;
  void consent(const App& app);

  std::vector<TrustedCertificate> certificates(const App& app) const;
  void add_certificate(const App& app, TrustedCertificate certificate);

  // Addresses on this machine are good on any port and path; everything else must be added as it is.
  bool redirects_to(const App& app, std::string_view address) const;
  void add_redirect(const App& app, std::string address);

 private:
  struct Changes {
    bool consented = false;
    std::vector<TrustedCertificate> certificates;
    std::set<std::string, std::less<>> redirects;
  };
  const Changes* find(const App& app) const;

  mutable std::mutex mutex_;
  std::map<std::string, Changes, std::less<>> by_client_id_;
};

}  // namespace ta::simulator
