#include "simulator/sign_in_pages.h"

#include "base/digest.h"
#include "simulator/delegated_scopes.h"

namespace ta::simulator {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

http::Response page(int status, std::string_view title, std::string_view body) {
  auto response = http::text_response(
      status,
      fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title></head>\n"
                  "<body><h1>{0}</h1>\n{1}</body></html>\n",
                  escaped(title), body),
      "text/html; charset=utf-8");
  response.headers.set("Cache-Control", "no-store, no-cache");
  return response;
}

// One form that is sent to the page's own address.
http::Response question(std::string_view title, const Tenant& tenant, std::string_view more = {}) {
  std::string form = fmt::format("<form method=\"post\">{}<select name=\"user\">", more);
  for (const User& user : tenant.users)
    form += fmt::format("<option value=\"{}\">{}</option>", escaped(user.principal_name), escaped(user.display_name));
  form +=
      "</select> <button name=\"decision\" value=\"accept\">Accept</button> "
      "<button name=\"decision\" value=\"decline\">Cancel</button></form>";
  return page(200, title, form);
}

// Without a name the first user, an administrator.
const User& user_of(const http::Fields& form, const Tenant& tenant) {
  const std::string name = form.get("user", tenant.users.front().principal_name);
  for (const User& user : tenant.users)
    if (user.principal_name == name) return user;
  throw SignInRefusal::of(50034, {name, tenant.display_name});
}

bool accepted(const http::Fields& form) {
  if (form.get("decision").empty()) throw SignInRefusal::of(900144, {"decision"});
  return form.get("decision") == "accept";
}

// A page that sends itself.
http::Response posted_back(const std::string& address, const http::Fields& fields) {
  std::string form = fmt::format("<form method=\"post\" action=\"{}\">", escaped(address));
  for (const auto& [name, value] : fields)
    form += fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value));
  return page(200, "Working...", form + "<button>Continue</button></form><script>document.forms[0].submit()</script>");
}

http::Response back_to(const std::string& address, const http::Fields& fields, std::string_view mode) {
  if (mode == "form_post") return posted_back(address, fields);
  std::string text;
  for (const auto& [name, value] : fields)
    text += (text.empty() ? "" : "&") + http::url_encode(name) + "=" + http::url_encode(value);
  const bool has_query = address.find('?') != std::string::npos;
  return http::redirect(address + (mode == "fragment" ? "#" : has_query ? "&" : "?") + text, 302);
}

void add_state(http::Fields& fields, const http::Request& request) {
  if (request.query.has("state")) fields.add("state", request.query.get("state"));
}

http::Fields error_fields(const SignInRefusal& refusal) {
  http::Fields fields;
  fields.add("error", refusal.error);
  fields.add("error_description", refusal.sentence());
  return fields;
}

}  // namespace

const App& SignInPages::app_of(const http::Request& request, const Tenant& tenant) const {
  const std::string id = request.query.get("client_id");
  if (id.empty()) throw SignInRefusal::of(900144, {"client_id"});
  const App* app = tenant.find_app(id);
  if (!app) throw SignInRefusal::of(700016, {id, tenant.display_name});
  return *app;
}

std::string SignInPages::redirect_of(const http::Request& request, const App& app) const {
  std::string address = request.query.get("redirect_uri");
  if (address.empty() || !registrations_.redirects_to(app, address))
    throw SignInRefusal::of(50011, {address, app.client_id});
  return address;
}

http::Fields SignInPages::authorized(const http::Request& request, const Tenant& tenant, const App& app) {
  const http::Fields& query = request.query;
  const http::Fields form = request.form();
  if (!accepted(form)) throw SignInRefusal::of(65004);
  const User& user = user_of(form, tenant);
  std::ignore = delegated_scopes(tenant, app, query.get("scope"), registrations_.consented(app));
  http::Fields fields;
  fields.add("code", grants_.issue_code({&tenant, &app, &user, query.get("scope"), query.get("nonce")},
                                        {query.get("redirect_uri"), query.get("code_challenge"),
                                         query.get("code_challenge_method", "plain") == "S256"}));
  fields.add("session_state", sha256_hex(user.id).substr(0, 32));
  return fields;
}

http::Response SignInPages::authorize(const http::Request& request, const Tenant& tenant) {
  const App& app = app_of(request, tenant);
  const std::string address = redirect_of(request, app);
  const std::string mode = request.query.get("response_mode", "query");
  http::Fields fields;
  try {
    if (request.query.get("response_type") != "code")
      throw SignInRefusal::of(70005, {request.query.get("response_type")});
    if (request.query.get("scope").empty()) throw SignInRefusal::of(900144, {"scope"});
    if (request.query.get("prompt") == "none") throw SignInRefusal::of(50058);
    if (request.method != http::Method::post) return question(fmt::format("Sign in to {}", app.display_name), tenant);
    fields = authorized(request, tenant, app);
  } catch (const SignInRefusal& refusal) {
    fields = error_fields(refusal);
  }
  add_state(fields, request);
  return back_to(address, fields, mode);
}

http::Response SignInPages::admin_consent(const http::Request& request, const Tenant& tenant) {
  const App& app = app_of(request, tenant);
  const std::string address = redirect_of(request, app);
  if (request.method != http::Method::post)
    return question(fmt::format("{} asks for permissions in {}", app.display_name, tenant.display_name), tenant);
  http::Fields fields;
  if (accepted(request.form())) {
    registrations_.consent(app);
    fields.add("admin_consent", "True");
    fields.add("tenant", tenant.id);
  } else {
    fields.add("error", "permission_denied");
    fields.add("error_description", "The admin canceled the request");
  }
  add_state(fields, request);
  return back_to(address, fields, "query");
}

http::Response SignInPages::device(const http::Request& request, const Tenant& tenant) {
  if (request.method != http::Method::post)
    return question("Enter code", tenant,
                    fmt::format("<input name=\"code\" value=\"{}\"> ", escaped(request.query.get("otc"))));
  const http::Fields form = request.form();
  const UserGrant asked = grants_.waiting(form.get("code"));
  if (asked.tenant != &tenant) return page(400, "Enter code", "<p>That code didn't work. Check it and try again.</p>");
  grants_.decide(form.get("code"), accepted(form) ? &user_of(form, tenant) : nullptr);
  return page(200, asked.app->display_name, "<p>You may close this window.</p>");
}

http::Response SignInPages::log_out(const http::Request& request) const {
  const std::string address = request.query.get("post_logout_redirect_uri");
  if (address.starts_with("http://localhost") || address.starts_with("http://127.0.0.1"))
    return http::redirect(address, 302);
  return page(200, "You signed out of your account", "");
}

http::Response SignInPages::refusal_page(const SignInRefusal& refusal) {
  return page(refusal.status, "Sorry, but we're having trouble signing you in.",
              fmt::format("<p>{}</p>", escaped(refusal.sentence())));
}

}  // namespace ta::simulator
