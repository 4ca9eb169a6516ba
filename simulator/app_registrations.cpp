#include "simulator/app_registrations.h"

namespace ta::simulator {
namespace {

// "http://localhost:4000/back" → "localhost"; empty for other schemes.
std::string_view host_of(std::string_view address) {
  const std::size_t start = address.find("://");
  if (start == address.npos || !address.starts_with("http")) return {};
  address.remove_prefix(start + 3);
  return address.substr(0, address.find_first_of(":/?#"));
}

}  // namespace

const AppRegistrations::Changes* AppRegistrations::find(const App& app) const {
  const auto found = by_client_id_.find(app.client_id);
  return found == by_client_id_.end() ? nullptr : &found->second;
}

bool AppRegistrations::consented(const App& app) const {
  const std::lock_guard lock(mutex_);
  const Changes* changes = find(app);
  return app.consented || (changes && changes->consented);
}

void AppRegistrations::consent(const App& app) {
  const std::lock_guard lock(mutex_);
  by_client_id_[app.client_id].consented = true;
}

std::vector<TrustedCertificate> AppRegistrations::certificates(const App& app) const {
  const std::lock_guard lock(mutex_);
  const Changes* changes = find(app);
  return changes ? changes->certificates : std::vector<TrustedCertificate>{};
}

void AppRegistrations::add_certificate(const App& app, TrustedCertificate certificate) {
  const std::lock_guard lock(mutex_);
  by_client_id_[app.client_id].certificates.push_back(std::move(certificate));
}

bool AppRegistrations::redirects_to(const App& app, std::string_view address) const {
  const std::string_view host = host_of(address);
  if (host == "localhost" || host == "127.0.0.1") return true;
  const std::lock_guard lock(mutex_);
  const Changes* changes = find(app);
  return changes && changes->redirects.contains(address);
}

void AppRegistrations::add_redirect(const App& app, std::string address) {
  const std::lock_guard lock(mutex_);
  by_client_id_[app.client_id].redirects.insert(std::move(address));
}

}  // namespace ta::simulator
