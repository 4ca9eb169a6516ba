#include "simulator/jwt.h"

#include "base/digest.h"

namespace ta::simulator {
namespace {

std::optional<json::object> decoded_object(std::string_view part) {
  const auto text = base64_decode(part);
  if (!text) return std::nullopt;
  auto value = parse_json(*text);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

}  // namespace

std::optional<Jwt> read_jwt(std::string_view text) {
  const std::size_t first = text.find('.'), last = text.rfind('.');
  if (first == text.npos || last == first) return std::nullopt;
  auto header = decoded_object(text.substr(0, first));
  auto claims = decoded_object(text.substr(first + 1, last - first - 1));
  auto signature = base64_decode(text.substr(last + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return Jwt{std::move(*header), std::move(*claims), text.substr(0, last), std::move(*signature)};
}

}  // namespace ta::simulator
