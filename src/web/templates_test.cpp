#include "web/templates.h"

#include <gtest/gtest.h>

#include <boost/describe/class.hpp>
#include <regex>

#include "web/assets.h"
#include "web/badges.h"

namespace ta::web {
namespace {

struct Row {
  std::string title, text, href, link;
  std::string tone = "info", icon = "clock";
};
BOOST_DESCRIBE_STRUCT(Row, (), (title, text, href, link, tone, icon))

TEST(Templates, EveryOneParses) {
  EXPECT_NO_THROW(load_templates());
  EXPECT_GT(template_names().size(), 10u);
}

TEST(Templates, ValuesAreEscapedInTextAndInAttributes) {
  const std::string html = render("web/toast", Row{.title = "<script>alert('x')</script>", .href = "\"><img src=x>"});
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(&apos;x&apos;)"), std::string::npos);
  EXPECT_NE(html.find("href=\"&quot;&gt;&lt;img"), std::string::npos);
}

TEST(Templates, EmptyTextIsNoInASection) {
  EXPECT_EQ(render("web/toast", Row{.title = "Queued"}).find("<a "), std::string::npos);
  EXPECT_NE(render("web/toast", Row{.title = "Queued", .href = "/t/a"}).find("<a href=\"/t/a\""), std::string::npos);
}

TEST(Templates, AnUnknownNameIsAProgrammersError) {
  EXPECT_THROW(render("web/no_such", json::value(json::object{})), std::logic_error);
}

// Only the two frames may put in HTML as it is: the page they were given, rendered before.
TEST(Templates, NothingIsUnescapedButThePageInItsFrame) {
  for (const std::string& name : template_names()) {
    const std::string source = template_source(name);
    EXPECT_EQ(source.find("{{&"), std::string::npos) << name;
    std::string rest = source;
    if (name == "web/layout" || name == "web/plain") {
      const auto at = rest.find("{{{content}}}");
      ASSERT_NE(at, std::string::npos);
      rest.erase(at, 13);
      if (const auto live = rest.find("{{{live}}}"); live != std::string::npos) rest.erase(live, 10);
    }
    EXPECT_EQ(rest.find("{{{"), std::string::npos) << name;
  }
}

TEST(Templates, NothingInlineThatThePolicyForbids) {
  const std::regex forbidden(R"((\sstyle=|\son[a-z]+=|<style|<script(?! src)|hx-on|javascript:))");
  for (const std::string& name : template_names()) {
    std::smatch found;
    const std::string source = template_source(name);
    EXPECT_FALSE(std::regex_search(source, found, forbidden)) << name << ": " << found.str();
  }
}

// The words that ui.md, section 6, keeps away from people. Only text is read: tags, attributes and fields are left out
// but for the attributes that people meet.
std::string words_of(const std::string& source) {
  std::string text;
  const std::regex spoken(R"re((aria-label|title|placeholder|content)="([^"]*)")re");
  for (std::sregex_iterator it(source.begin(), source.end(), spoken), end; it != end; ++it)
    text += " " + (*it)[2].str();
  text += " " + std::regex_replace(source, std::regex("<[^>]*>"), " ");
  return std::regex_replace(text, std::regex(R"(\{\{[^}]*\}+)"), " ");
}

TEST(Templates, SayNothingThatWeNeverWrite) {
  const std::regex never(
      R"(\b(oops|sorry|please|successfully|invalid|abort|kill|jobs?|tasks?|something went wrong|are you sure)\b|\(s\))",
      std::regex::icase);
  for (const std::string& name : template_names()) {
    std::smatch found;
    const std::string words = words_of(template_source(name));
    EXPECT_FALSE(std::regex_search(words, found, never)) << name << ": " << found.str();
  }
}

// Tones come from the catalog: a template that names one has chosen a colour.
TEST(Templates, ChooseNoColours) {
  const std::regex colour(
      R"(\b(bg|text|badge|alert|btn)-(success|warning|danger|info|red|green|yellow|orange|blue|azure)\b)");
  for (const std::string& name : template_names()) {
    std::smatch found;
    const std::string source = template_source(name);
    EXPECT_FALSE(std::regex_search(source, found, colour)) << name << ": " << found.str();
  }
}

TEST(Templates, DefaultsOfViewsBecomeText) {
  const std::string html = render("web/badge", badge("partially_succeeded"));
  EXPECT_NE(html.find("data-value=\"partially_succeeded\""), std::string::npos);
  EXPECT_NE(html.find("Partially succeeded</span>"), std::string::npos);
  EXPECT_NE(html.find(asset_url("icons.svg") + "#alert-triangle"), std::string::npos);
}

}  // namespace
}  // namespace ta::web
