// What the sign-in service answers when it refuses: the numbers that clients know, in Microsoft's wording.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "http/message.h"

namespace ta::simulator {

// Thrown where a sign-in cannot go on; TokenService turns it into the answer.
struct SignInRefusal {
  int code = 0;       // 7000215, of "AADSTS7000215: …"
  std::string error;  // OAuth's word: "invalid_client"
  std::string text;
  int status = 400;

  std::string sentence() const { return fmt::format("AADSTS{}: {}", code, text); }

  // The refusal of a known number; each detail takes the place of one "{}" in its text. An unknown number gives
  // 90033, the service's own trouble.
  static SignInRefusal of(int code, std::initializer_list<std::string_view> details = {});
  // "AADSTS50076" → 50076; 0 for other texts.
  static int code_in(std::string_view text);
};

// The JSON answer of the token and device code endpoints.
http::Response refusal_answer(const SignInRefusal& refusal, const http::Request& request, Random& random,
                              Timestamp now);

}  // namespace ta::simulator
