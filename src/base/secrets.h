// Keeping secrets out of rows, pages and logs.
//
// Two nets: redact() knows how secrets look (tokens, keys, passwords, connection strings, authorization headers), and
// it knows the secrets this process holds, because the code that reads one remembers it here.
//
// A secret belongs to the installation or to one tenant. What is stored for a tenant or shown to it is redacted with
// that tenant's secrets and the installation's: what another tenant calls its secret changes no message of this one.
// The log and the terminal leave out everybody's.
#pragma once
#include <string>
#include <string_view>

#include "base/ids.h"

namespace ta {

inline constexpr std::string_view kRedacted = "[redacted]";

// `text` without secrets, for the log and the terminal. Idempotent, linear in the length of the text. A known secret
// that was cut off, at the end or before "…", goes too when eight of its bytes are left.
std::string redact(std::string_view text);
// For what is stored or shown in one tenant. TenantId{}: for what is not a tenant's, or whose tenant is not known yet
// and will be applied when it is stored.
std::string redact(std::string_view text, TenantId tenant);

// redact(), then control characters to blanks and at most `bytes_max` bytes, cut at a character and marked with "…".
// Broken UTF-8 becomes U+FFFD, so that every database takes the result.
std::string sanitise_message(std::string_view text, std::size_t bytes_max = 1000);
std::string sanitise_message(std::string_view text, TenantId tenant, std::size_t bytes_max = 1000);

// From now on redact() removes this exact text, also where it is URL-encoded, JSON-escaped, written with HTML entities,
// hexadecimal or in base64. Ignores texts under 8 bytes. Thread-safe.
//
// The first kind lives as long as the process: a key, a password, a client secret. Of each tenant the latest hundred
// are kept, of the installation all. The second kind is replaced again and again, as access tokens are: the latest 8 of
// each tenant, the latest 1,000 of all, and none of them ever takes the place of the first kind.
void remember_secret(std::string_view secret);
void remember_secret(std::string_view secret, TenantId tenant);
void remember_passing_secret(std::string_view secret, TenantId tenant);

// Most of it consists of words in small letters, as an identifier does; random text does not.
bool reads_like_words(std::string_view text);

}  // namespace ta
