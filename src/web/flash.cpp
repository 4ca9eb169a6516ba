#include "web/flash.h"

#include "base/digest.h"
#include "web/security.h"

namespace ta::web {
namespace {

constexpr std::string_view kCookie = "ta_flash";

bool is_tone(std::string_view tone) {
  return tone == "success" || tone == "info" || tone == "warning" || tone == "danger";
}

}  // namespace

void put_flash(http::Response& response, const Toast& toast) {
  const std::string value = base64url(json::serialize(json::value_from(toast)));
  response.headers.add("Set-Cookie", fmt::format("{}={}; Path=/; Max-Age=60; SameSite=Lax; HttpOnly", kCookie, value));
}

std::vector<Toast> take_flash(const http::Request& request, http::Response& response) {
  const std::string cookie = request.cookie(kCookie);
  if (cookie.empty()) return {};
  response.headers.add("Set-Cookie", fmt::format("{}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly", kCookie));
  const auto bytes = base64_decode(cookie);
  const auto value = parse_json(bytes.value_or(""), {.bytes_max = 4096, .depth_max = 4});
  if (!value || !is_tone(json_string(*value, "tone"))) return {};
  return {{json_string(*value, "tone"), json_string(*value, "title"), json_string(*value, "text"),
           local_path(json_string(*value, "href"), ""), json_string(*value, "link")}};
}

}  // namespace ta::web
