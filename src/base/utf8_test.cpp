#include "base/utf8.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ta {
namespace {

const std::string kNul(1, '\0');
constexpr std::string_view kMark = "\xEF\xBF\xBD";

TEST(Utf8, IsToldFromOtherBytes) {
  for (const char* good : {"", "plain", "Grüße", "日本", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "a\xC3", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xE0\x80\xAF", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF0\x9F\x98", "a\xE2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
}

TEST(Utf8, IsCountedInCharacters) {
  EXPECT_EQ(utf8_length(""), 0u);
  EXPECT_EQ(utf8_length("Åsa 🦊"), 5u);
  EXPECT_EQ(utf8_length("a" + kNul), 2u);
  EXPECT_FALSE(utf8_length("a\xE2\x82"));
}

TEST(Utf8, BrokenRunsBecomeOneMark) {
  EXPECT_EQ(valid_utf8("a\xFF\xFE"
                       "b\x80"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(valid_utf8("Grüße" + kNul), "Grüße" + kNul);
}

TEST(CleanText, ReplacesWhatNoDatabaseStores) {
  EXPECT_EQ(clean_text("Ki" + kNul + "osk"), fmt::format("Ki{}osk", kMark));
  EXPECT_EQ(clean_text(kNul + kNul), fmt::format("{}{}", kMark, kMark));
  EXPECT_EQ(clean_text("B\xFCro"), fmt::format("B{}ro", kMark));
  EXPECT_EQ(clean_text("tab\tand Grüße stay"), "tab\tand Grüße stay");
}

TEST(CutUtf8, EndsWithAWholeCharacter) {
  std::string japanese;
  for (int i = 0; i < 150; ++i) japanese += "漢";
  EXPECT_EQ(cut_utf8(japanese, 400).size(), 399u);
  EXPECT_EQ(cut_utf8(std::string(399, 'a') + "é", 400), std::string(399, 'a'));
  EXPECT_EQ(cut_utf8("Grüße", 100), "Grüße");
  EXPECT_EQ(cut_utf8("Grüße", 7), "Grüße");
  EXPECT_EQ(cut_utf8("🦊", 3), "");
  EXPECT_EQ(cut_utf8("abc", 0), "");
}

TEST(CutUtf8, KeepsMarksWithTheirLetter) {
  EXPECT_EQ(cut_utf8("cafe\u0301s", 5), "caf");
  EXPECT_EQ(cut_utf8("cafe\u0301s", 6), "cafe\u0301");
  std::string stacked = "a";
  for (int i = 0; i < 40; ++i) stacked += "\u0301";
  EXPECT_EQ(cut_utf8(stacked, 40).size(), 39u) << "one letter with forty marks is cut between them";
}

TEST(CutUtf8, KeepsWhatItCanOfOtherBytes) {
  EXPECT_EQ(cut_utf8(std::string(50, '\x80'), 20).size(), 20u);
  EXPECT_EQ(cut_utf8("\xFF\xFE\xFD", 2), "\xFF\xFE");
}

TEST(FoldCase, MakesTheSpellingsOfOneTextEqual) {
  EXPECT_EQ(fold_case("GRÖßE"), fold_case("grösse"));
  EXPECT_EQ(fold_case("ПРИВІТ"), fold_case("привіт"));
  EXPECT_EQ(fold_case("ÜBUNG"), "übung");
  EXPECT_EQ(fold_case("U\u0308bung"), "übung") << "a letter and its mark are the composed letter";
  EXPECT_EQ(fold_case("ΣΊΣΥΦΟΣ"), fold_case("σίσυφος")) << "both small sigmas are one";
  EXPECT_EQ(fold_case("Windows 11 – Kiosk"), "windows 11 – kiosk");
  EXPECT_NE(fold_case("Ubung"), fold_case("Übung"));
  EXPECT_TRUE(is_utf8(fold_case("B\xFCro")));
}

TEST(DisplayNames, AreCountedInCharactersAndHaveOneSetOfRules) {
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ü";
  EXPECT_TRUE(is_display_name(umlauts, 100));
  EXPECT_FALSE(is_display_name(umlauts + "u", 100));
  EXPECT_TRUE(is_display_name("Ärzte ohne Löffel 株式会社", 200));
  for (const std::string_view wrong : {"", " ", "two\nlines", "tab\t", "\xFF\xFE", " leading", "trailing ", "\u00a0x",
                                       "x\u3000", "a\x1b[2J", "a\u0085", "a\u009b"})
    EXPECT_FALSE(is_display_name(wrong, 200)) << testing::PrintToString(wrong);
  EXPECT_FALSE(is_display_name("a" + kNul, 200));
}

TEST(TextProblem, NamesWhatIsWrong) {
  EXPECT_EQ(text_problem("Grüße", TextLines::one), "");
  EXPECT_EQ(text_problem("a\xFF", TextLines::many), "is not UTF-8");
  EXPECT_EQ(text_problem("\xED\xA0\x80", TextLines::many), "is not UTF-8") << "half a surrogate pair";
  EXPECT_EQ(text_problem("a" + kNul, TextLines::many), "holds the control character U+0000");
  EXPECT_EQ(text_problem("a\x1b[2J", TextLines::many), "holds the control character U+001B");
  EXPECT_EQ(text_problem("\u009b", TextLines::many), "holds the control character U+009B");
  EXPECT_EQ(text_problem("a\r\n\tb", TextLines::many), "");
  EXPECT_EQ(text_problem("a\nb", TextLines::one), "holds the control character U+000A");
}

TEST(Trimmed, TakesWhiteSpaceOfEveryKindFromTheEnds) {
  EXPECT_EQ(trimmed(" \t\r\n\u00a0\u3000a b\u2028 "), "a b");
  EXPECT_EQ(trimmed("\u3000 "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\xFF "), "\xFF");
}

TEST(ControlCharacters, AreFoundAndBecomeBlanks) {
  for (const std::string& text : {std::string("\x1b[2J"), std::string("a\x7f"), std::string("\u009b31m"), kNul,
                                  std::string("a\rb"), std::string("\u0085")}) {
    EXPECT_TRUE(has_control_characters(text)) << testing::PrintToString(text);
    EXPECT_FALSE(has_control_characters(without_control_characters(text))) << testing::PrintToString(text);
  }
  EXPECT_FALSE(has_control_characters("Grüße \u00a0日本"));
  EXPECT_EQ(without_control_characters("a\x1b[2J\u009bb\xFF"), "a [2J b\xFF");
}

// Bytes at random, and texts of characters of every length, of marks and of what is not allowed.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::element<std::string>("a", "Z", "é", "ß", "İ", "漢", "🦊", "\u0301", "\u0345", "ᾀ", kNul,
                                                   "\x1b", "\u009b", "\xFF", "\xC3", "\x80", "\xED\xA0\x80", "ﬃ");
  return rc::gen::oneOf(rc::gen::string<std::string>(),
                        rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& pieces) {
                          std::string out;
                          for (const auto& each : pieces) out += each;
                          return out;
                        }));
}

TEST(Utf8Properties, HoldForEveryText) {
  EXPECT_TRUE(rc::check("cut, cleaned, folded", [] {
    const std::string text = *any_text();
    const std::size_t limit = *rc::gen::inRange<std::size_t>(0, 40);
    const std::string_view cut = cut_utf8(text, limit);
    RC_ASSERT(cut.size() <= limit);
    RC_ASSERT(text.starts_with(cut));
    RC_ASSERT(text.size() > limit || cut == text);
    RC_ASSERT(!is_utf8(text) || is_utf8(cut));
    RC_ASSERT(limit < 4 || text.empty() || !cut.empty());
    const std::string clean = clean_text(text);
    RC_ASSERT(is_utf8(clean));
    RC_ASSERT(clean.find('\0') == clean.npos);
    RC_ASSERT(clean_text(clean) == clean);
    const std::string folded = fold_case(text);
    RC_ASSERT(is_utf8(folded));
    RC_ASSERT(fold_case(folded) == folded);
    RC_ASSERT(!has_control_characters(without_control_characters(text)));
  }));
}

}  // namespace
}  // namespace ta
