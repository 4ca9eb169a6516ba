#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "simulator/odata_filter.h"

namespace ta::simulator {
namespace {

const FilterContext kContext{"microsoft.graph.mobileApp", false};

const json::object& sample() {
  static const json::object object = json::parse(R"({
      "@odata.type": "#microsoft.graph.managedIOSStoreApp", "id": "a1", "displayName": "Win - O'Brien", "version": 3,
      "ratio": 1.5, "isAssigned": true, "owner": null, "technologies": "mdm,microsoftSense",
      "appAvailability": "global",
      "lastModifiedDateTime": "2026-03-01T10:00:00.1234567Z", "tags": ["0", "7"], "empty": [],
      "templateReference": {"templateFamily": "none"},
      "rules": [{"kind": "a", "size": 1}, {"kind": "b", "size": 5}]})")
                                         .as_object();
  return object;
}

bool holds(std::string_view text, const FilterContext& context = kContext) {
  const auto filter = parse_filter(text);
  EXPECT_TRUE(filter) << text << ": " << (filter ? "" : filter.error().message);
  return filter && matches(*filter, sample(), context);
}

TEST(ODataFilter, Holds) {
  for (const char* text : {"displayName eq 'Win - O''Brien'",
                           "version eq 3",
                           "version gt 2 and version le 3",
                           "ratio lt 2",
                           "ratio eq 1.5",
                           "isAssigned eq true",
                           "isAssigned",
                           "owner eq null",
                           "missing eq null",
                           "owner ne 'x'",
                           "not (version eq 4)",
                           "not version eq 4",
                           "id in ('b','a1')",
                           "startswith(displayName,'Win')",
                           "endswith(displayName,'Brien')",
                           "contains(displayName,'- O')",
                           "contains(tolower(displayName),'win')",
                           "toupper(id) eq 'A1'",
                           "length(id) eq 2",
                           "concat(id,'x') eq 'a1x'",
                           "trim(' a1 ') eq id",
                           "technologies has 'microsoftSense'",
                           "templateReference/templateFamily eq 'none'",
                           "templateReference/nothing eq null",
                           "templateReference/a/b eq null",
                           "tags/any()",
                           "tags/any(t:t eq '7')",
                           "tags/all(t:t ne '8')",
                           "empty/all(x:x eq '1')",
                           "not empty/any()",
                           "rules/any(r:r/kind eq 'b' and r/size ge 5)",
                           "isof('microsoft.graph.managedIOSStoreApp')",
                           "isof('microsoft.graph.managedApp')",
                           "isof('microsoft.graph.mobileApp')",
                           "microsoft.graph.managedApp/appAvailability eq 'global'",
                           "microsoft.graph.win32LobApp/size eq null",
                           "not isof('microsoft.graph.win32LobApp')",
                           "lastModifiedDateTime ge 2026-03-01T00:00:00Z",
                           "lastModifiedDateTime lt 2026-03-01T11:00:00+00:00",
                           "technologies eq 'x' or technologies has 'mdm'",
                           "version eq 3 or version eq 4 and version eq 5",
                           "displayName eq microsoft.graph.name'Win - O''Brien'"})
    EXPECT_TRUE(holds(text)) << text;
}

TEST(ODataFilter, DoesNotHold) {
  for (const char* text :
       {"displayName eq 'win - o''brien'", "version eq '3'", "version ne 3", "owner gt 1", "not (owner gt 1)",
        "contains(owner,'x')", "not contains(owner,'x')", "missing", "version", "tags/any(t:t eq '8')", "empty/any()",
        "isof('microsoft.graph.win32LobApp')", "microsoft.graph.win32LobApp/size gt 0", "technologies has 'Sense'",
        "version eq 3 and owner gt 1", "displayName/any()", "rules/all(r:r/size gt 1)"})
    EXPECT_FALSE(holds(text)) << text;
}

TEST(ODataFilter, DirectoriesCompareWithoutCase) {
  const FilterContext directory{"microsoft.graph.group", true};
  EXPECT_TRUE(holds("displayName eq 'win - o''brien'", directory));
  EXPECT_TRUE(holds("startswith(displayName,'WIN')", directory));
}

TEST(ODataFilter, RefusesWithAPlace) {
  for (const char* text : {"",
                           "a eq",
                           "a eq 'x",
                           "(a eq 1",
                           "a eq 1)",
                           "a eq 1 b",
                           "f(a)",
                           "startswith(a)",
                           "a/ eq 1",
                           "any(",
                           "a/any(x eq 1)",
                           "a/any(:x eq 1)",
                           "a in 1",
                           "a in ()",
                           "not",
                           "a eq 1 and",
                           "contains(a,'b','c')",
                           "'",
                           "a//b eq 1",
                           ")"}) {
    const auto filter = parse_filter(text);
    ASSERT_FALSE(filter) << text;
    EXPECT_NE(filter.error().message.find("position"), std::string::npos) << text;
  }
}

TEST(ODataFilter, RefusesDepthInsteadOfOverflowing) {
  const std::string deep = std::string(100'000, '(') + "a eq 1" + std::string(100'000, ')');
  EXPECT_FALSE(parse_filter(deep));
  std::string nots;
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_FALSE(parse_filter(nots + "a"));
}

TEST(ODataFilter, SortsValuesOfOneKindOnly) {
  EXPECT_EQ(compare_values("a", "B", true), -1);
  EXPECT_EQ(compare_values("a", "B", false), 1);
  EXPECT_EQ(compare_values(1, 1.5, false), -1);
  EXPECT_EQ(compare_values(true, false, false), 1);
  EXPECT_EQ(compare_values("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0000000Z", false), 0);
  EXPECT_EQ(compare_values(nullptr, 1, false), std::nullopt);
  EXPECT_EQ(compare_values("1", 1, false), std::nullopt);
}

// ---- Properties: a random expression over a and b, printed, parsed and evaluated, says what a direct reading of SQL's
// three-valued logic says.

enum class Truth { no, unknown, yes };

struct Model {
  std::string text;
  Truth truth = Truth::no;
};

Truth negated(Truth truth) { return static_cast<Truth>(2 - static_cast<int>(truth)); }

Model random_model(const std::map<std::string, std::optional<int>>& row, int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
  if (kind == 1) {
    const Model inner = random_model(row, depth - 1);
    return {"not (" + inner.text + ")", negated(inner.truth)};
  }
  if (kind >= 2) {
    const Model left = random_model(row, depth - 1), right = random_model(row, depth - 1);
    const bool both = kind == 2;
    return {fmt::format("({} {} {})", left.text, both ? "and" : "or", right.text),
            both ? std::min(left.truth, right.truth) : std::max(left.truth, right.truth)};
  }
  const auto name = *rc::gen::elementOf(std::vector<std::string>{"a", "b"});
  const auto op = *rc::gen::elementOf(std::vector<std::string>{"eq", "ne", "lt", "ge"});
  const int number = *rc::gen::inRange(-2, 3);
  const std::optional<int> value = row.at(name);
  const std::string text = fmt::format("{} {} {}", name, op, number);
  if (!value) return {text, op == "eq" ? Truth::no : op == "ne" ? Truth::yes : Truth::unknown};
  const bool truth = op == "eq"   ? *value == number
                     : op == "ne" ? *value != number
                     : op == "lt" ? *value < number
                                  : *value >= number;
  return {text, truth ? Truth::yes : Truth::no};
}

TEST(ODataFilterProperty, EvaluatesAsThreeValuedLogic) {
  EXPECT_TRUE(rc::check([] {
    std::map<std::string, std::optional<int>> row;
    json::object object;
    for (const char* name : {"a", "b"}) {
      row[name] = *rc::gen::element<std::optional<int>>(std::nullopt, -1, 0, 1);
      object[name] = row[name] ? json::value(*row[name]) : json::value(nullptr);
    }
    const Model model = random_model(row, 5);
    const auto filter = parse_filter(model.text);
    RC_ASSERT(filter.has_value());
    RC_ASSERT(matches(*filter, object, kContext) == (model.truth == Truth::yes));
  }));
}

TEST(ODataFilterProperty, AnyStringSurvivesQuoting) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    std::string quoted;
    for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    const auto filter = parse_filter("name eq '" + quoted + "'");
    RC_ASSERT(filter.has_value());
    RC_ASSERT(matches(*filter, json::object{{"name", text}}, kContext));
    RC_ASSERT(!matches(*filter, json::object{{"name", text + "x"}}, kContext));
  }));
}

TEST(ODataFilterProperty, NoTextMakesItThrowOrHang) {
  const std::vector<std::string> words{
      "a",  "eq", "and", "or",   "not",       "(",     ")", "'x'", "in",    ",", "/any(",
      "t:", "/",  "1",   "null", "contains(", "isof(", " ", "'",   "a.b/c", "-", "2026-01-01T00:00:00Z"};
  EXPECT_TRUE(rc::check([&] {
    std::string text;
    for (const std::string& word : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(words)))
      text += word + (*rc::gen::arbitrary<bool>() ? " " : "");
    if (const auto filter = parse_filter(text)) matches(*filter, sample(), kContext);
  }));
}

}  // namespace
}  // namespace ta::simulator
