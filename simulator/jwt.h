// JSON Web Tokens as text: what they say, before anybody has checked a signature.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace ta::simulator {

struct Jwt {
  json::object header, claims;
  std::string_view signed_text;  // of the text given
  std::string signature;
};

// nullopt for anything but three parts of which two are JSON objects. `text` must outlive the answer.
std::optional<Jwt> read_jwt(std::string_view text);

}  // namespace ta::simulator
