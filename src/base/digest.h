// Hashes and text encodings of bytes.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ta {

std::string sha256_bytes(std::string_view bytes);  // 32 bytes
std::string sha256_hex(std::string_view bytes);    // 64 lower-case hex digits
std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);  // without padding
// Accepts both alphabets, with or without padding; nullopt for anything else.
std::optional<std::string> base64_decode(std::string_view text);
// True without telling by its duration where two secrets differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace ta
