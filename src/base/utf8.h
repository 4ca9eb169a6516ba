// Text as Unicode: validity, cutting, and comparing without case.
// The library behind it is utf8proc. Nothing here fails; bytes that are not UTF-8 have a defined answer everywhere.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ta {

bool is_utf8(std::string_view text);
// The number of characters (code points); nullopt when `text` is not UTF-8.
std::optional<std::size_t> utf8_length(std::string_view text);
// Every run of bytes that is not UTF-8 becomes one U+FFFD.
std::string valid_utf8(std::string_view text);
// valid_utf8(), and every U+0000, which PostgreSQL stores in no text, becomes U+FFFD too. For text that a service sent:
// the result can be stored on both engines and be written as JSON.
std::string clean_text(std::string_view text);

// The longest beginning of at most `bytes_max` bytes that ends with a whole character; a combining mark is not
// separated from its letter, unless one letter has more than eight. The only way to shorten text. Valid text stays
// valid; of invalid text up to `bytes_max` bytes are kept.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

// For search and sorting: Unicode's full case folding ("GRÖßE" and "grösse" are one), composed (NFC), so that the
// spellings of one character are one too. Compare the results as bytes. Folding twice changes nothing.
std::string fold_case(std::string_view text);

// Without white space at both ends; the Unicode kinds count, such as U+00A0 and U+3000.
std::string trimmed(std::string_view text);
// What people may call things, the same rules for everything that has a name: 1 to `length_max` characters of UTF-8, no
// control characters (so one line), no white space at either end.
bool is_display_name(std::string_view text, std::size_t length_max);

// Why `text` is not taken from people and clients, as the end of a sentence: "is not UTF-8", "holds the control
// character U+001B"; empty when it is. Tabs and line ends may stand in text of many lines.
enum class TextLines { one, many };
std::string text_problem(std::string_view text, TextLines lines);

// Whether a control character is in it: U+0000 to U+001F, U+007F, U+0080 to U+009F.
bool has_control_characters(std::string_view text);
// Every control character becomes a blank. For logs and messages: one line, and nothing that a terminal obeys.
std::string without_control_characters(std::string_view text);

}  // namespace ta
