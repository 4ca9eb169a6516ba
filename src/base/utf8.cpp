#include "base/utf8.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace ta {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr int kMarksMax = 8;

struct Character {
  utf8proc_int32_t code = -1;  // negative: the byte starts no character
  std::size_t bytes = 1;
};

// The character at the start of `text`, which is not empty.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  Character out;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                      static_cast<utf8proc_ssize_t>(text.size()), &out.code);
  return bytes > 0 ? Character{out.code, static_cast<std::size_t>(bytes)} : Character{};
}

// Calls `use` with each character and its bytes until it answers false.
template <class Use>
void for_each_character(std::string_view text, Use use) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!use(character, text.substr(0, character.bytes))) return;
    text.remove_prefix(character.bytes);
  }
}

bool is_control(utf8proc_int32_t code) { return (code >= 0 && code < 0x20) || (code >= 0x7F && code < 0xA0); }

bool is_blank(utf8proc_int32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  const auto category = utf8proc_category(code);
  return code == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The place at or before `at` where a character starts; `at` itself where three bytes back there is none.
std::size_t start_of_character(std::string_view text, std::size_t at) {
  std::size_t start = at;
  while (start > 0 && at - start < 3 && is_continuation(text[start])) --start;
  return is_continuation(text[start]) ? at : start;
}

// Whether the text may be cut between the characters that start at `before` and `at`.
bool is_boundary(std::string_view text, std::size_t before, std::size_t at) {
  const Character left = first_character(text.substr(before)), right = first_character(text.substr(at));
  return left.code < 0 || right.code < 0 || utf8proc_grapheme_break(left.code, right.code);
}

std::string replaced(std::string_view text, bool nul_too) {
  std::string out;
  out.reserve(text.size());
  bool broken = false;
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    const bool nul = nul_too && character.code == 0;
    if (nul || (character.code < 0 && !broken)) out += kReplacement;
    broken = character.code < 0;
    if (!broken && !nul) out += bytes;
    return true;
  });
  return out;
}

}  // namespace

bool is_utf8(std::string_view text) { return utf8_length(text).has_value(); }

std::optional<std::size_t> utf8_length(std::string_view text) {
  std::size_t length = 0;
  bool valid = true;
  for_each_character(text, [&](const Character& character, std::string_view) {
    ++length;
    return valid = character.code >= 0;
  });
  return valid ? std::optional(length) : std::nullopt;
}

std::string valid_utf8(std::string_view text) { return replaced(text, false); }

std::string clean_text(std::string_view text) { return replaced(text, true); }

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  const std::size_t whole = start_of_character(text, bytes_max);
  std::size_t cut = whole;
  for (int mark = 0; mark <= kMarksMax && cut > 0; ++mark) {
    const std::size_t before = start_of_character(text, cut - 1);
    if (is_boundary(text, before, cut)) return text.substr(0, cut);
    cut = before;
  }
  return text.substr(0, whole);
}

std::string fold_case(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  std::string out(text);
  if (std::all_of(text.begin(), text.end(), is_ascii)) {
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return out;
  }
  out = valid_utf8(text);
  utf8proc_uint8_t* made = nullptr;
  const auto bytes =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(out.data()), static_cast<utf8proc_ssize_t>(out.size()),
                   &made, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(made, &std::free);
  if (bytes < 0) return out;  // out of memory, or longer than the library's sizes
  return std::string(reinterpret_cast<const char*>(made), static_cast<std::size_t>(bytes));
}

std::string trimmed(std::string_view text) {
  std::size_t at = 0, first = text.size(), end = 0;
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    if (!is_blank(character.code)) {
      first = std::min(first, at);
      end = at + bytes.size();
    }
    at += bytes.size();
    return true;
  });
  return first < end ? std::string(text.substr(first, end - first)) : std::string();
}

bool is_display_name(std::string_view text, std::size_t length_max) {
  const auto length = utf8_length(text);
  return length && *length >= 1 && *length <= length_max && !has_control_characters(text) &&
         trimmed(text).size() == text.size();
}

std::string text_problem(std::string_view text, TextLines lines) {
  std::string problem;
  for_each_character(text, [&](const Character& character, std::string_view) {
    const bool allowed =
        lines == TextLines::many && (character.code == '\t' || character.code == '\n' || character.code == '\r');
    if (character.code < 0)
      problem = "is not UTF-8";
    else if (is_control(character.code) && !allowed)
      problem = fmt::format("holds the control character U+{:04X}", character.code);
    return problem.empty();
  });
  return problem;
}

bool has_control_characters(std::string_view text) {
  bool found = false;
  for_each_character(text, [&](const Character& character, std::string_view) {
    found = is_control(character.code);
    return !found;
  });
  return found;
}

std::string without_control_characters(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    out += is_control(character.code) ? " " : bytes;
    return true;
  });
  return out;
}

}  // namespace ta
