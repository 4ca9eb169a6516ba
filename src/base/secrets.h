// Keeping secrets out of rows, pages and logs.
//
// Two nets: redact() knows how secrets look (tokens, keys, passwords, connection strings, authorization headers), and
// it knows the secrets this process holds, because whoever reads one calls remember_secret().
#pragma once
#include <string>
#include <string_view>

namespace ta {

inline constexpr std::string_view kRedacted = "[redacted]";

// `text` without secrets. Idempotent, linear in the length of the text.
std::string redact(std::string_view text);

// redact(), then control characters to blanks and at most `bytes_max` bytes, cut at a character and marked with "…".
// Broken UTF-8 becomes U+FFFD, so that every database takes the result.
std::string sanitise_message(std::string_view text, std::size_t bytes_max = 1000);

// From now on redact() removes this exact text, also where it is URL-encoded, JSON-escaped, hexadecimal or in base64.
// Ignores texts under 8 bytes. Keeps the latest thousand.
void remember_secret(std::string_view secret);

}  // namespace ta
