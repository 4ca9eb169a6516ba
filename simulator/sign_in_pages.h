// The pages where people sign in, enter a device's code or consent. Small enough for a script: every page is one form
// that is sent to its own address with `user` (a principal name) and `decision` ("accept" or "decline").
#pragma once
#include <string>
#include <string_view>

#include "http/message.h"
#include "simulator/app_registrations.h"
#include "simulator/user_grants.h"

namespace ta::simulator {

// Safe to use from several threads. Keeps references to everything it is given.
class SignInPages {
 public:
  SignInPages(AppRegistrations& registrations, UserGrants& grants) : registrations_(registrations), grants_(grants) {}

  // All throw SignInRefusal when there is no address to send a refusal to; refusal_page() shows that.
  http::Response authorize(const http::Request& request, const Tenant& tenant);
  http::Response admin_consent(const http::Request& request, const Tenant& tenant);
  http::Response device(const http::Request& request, const Tenant& tenant);
  http::Response log_out(const http::Request& request) const;
  static http::Response refusal_page(const SignInRefusal& refusal);

 private:
  const App& app_of(const http::Request& request, const Tenant& tenant) const;
  std::string redirect_of(const http::Request& request, const App& app) const;
  http::Fields authorized(const http::Request& request, const Tenant& tenant, const App& app);

  AppRegistrations& registrations_;
  UserGrants& grants_;
};

}  // namespace ta::simulator
