// The OData subset against a second reading of it that shares nothing with the first: random filters over random rows,
// and lists cut into pages of any size.
#include <functional>

#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

// ---- Random filters. A row is a plain struct here and a JSON object there.

struct Rule {
  std::string kind;
  std::int64_t size;
};

struct Row {
  std::optional<std::string> name;
  std::optional<std::int64_t> count;
  std::optional<bool> on;
  std::optional<double> ratio;
  std::optional<std::int64_t> day;  // of March 2026
  std::optional<std::string> inner;
  std::vector<std::string> tags;
  std::vector<Rule> rules;
  bool managed = false;  // its type
};

enum class Truth { no, unknown, yes };
using Reading = std::function<Truth(const Row&)>;

struct Filter {
  std::string text;
  Reading reading;
};

Truth truth(bool holds) { return holds ? Truth::yes : Truth::no; }

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// eq and ne are two-valued, an order with nothing is unknown.
template <class T>
Truth compared(const std::string& op, const std::optional<T>& left, const T& right) {
  if (op == "eq") return truth(left && *left == right);
  if (op == "ne") return truth(!left || *left != right);
  if (!left) return Truth::unknown;
  if (op == "lt") return truth(*left < right);
  if (op == "le") return truth(*left <= right);
  return truth(op == "gt" ? *left > right : *left >= right);
}

const std::vector<std::string> kWords{"", "a", "A", "ab", "aB", "b", "o'b", "Win 10", "ä", "a-b", "null"};
const std::vector<std::string> kOrders{"eq", "ne", "lt", "le", "gt", "ge"};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

class Filters {
  bool coin() { return random_.below(2) == 0; }
  std::int64_t small() { return static_cast<std::int64_t>(random_.below(5)) - 2; }
  template <class Range>
  auto pick(const Range& range) {
    return range[random_.below(std::size(range))];
  }

 public:
  Filters(Random& random, bool ignore_case) : random_(random), ignore_case_(ignore_case) {}

  Row row() {
    Row row{.managed = coin()};
    if (coin()) row.name = pick(kWords);
    if (coin()) row.count = small();
    if (coin()) row.on = coin();
    if (coin()) row.ratio = static_cast<double>(small()) / 2;
    if (coin()) row.day = 1 + static_cast<std::int64_t>(random_.below(9));
    if (coin()) row.inner = pick(kWords);
    for (std::uint64_t i = random_.below(4); i > 0; --i) row.tags.push_back(pick(kWords));
    for (std::uint64_t i = random_.below(3); i > 0; --i) row.rules.push_back({pick(kWords), small()});
    return row;
  }

  // What is missing is left out or null: it must not matter.
  json::object object(const Row& row) {
    json::object out{{"@odata.type", row.managed ? "#microsoft.graph.managedIOSStoreApp" : "#microsoft.graph.webApp"}};
    const auto put = [&](const char* name, const auto& value) {
      if (value)
        out[name] = json::value_from(*value);
      else if (coin())
        out[name] = nullptr;
    };
    put("name", row.name);
    put("count", row.count);
    put("on", row.on);
    put("ratio", row.ratio);
    std::optional<std::string> day;
    if (row.day) day = fmt::format("2026-03-{:02}T00:00:00{}Z", *row.day, coin() ? "" : ".0000000");
    put("day", day);
    if (row.inner) out["complex"] = json::object{{"inner", *row.inner}};
    out["tags"] = json::value_from(row.tags);
    json::array& rules = out["rules"].emplace_array();
    for (const Rule& rule : row.rules) rules.push_back(json::object{{"kind", rule.kind}, {"size", rule.size}});
    return out;
  }

  Filter filter(int depth) {
    const std::uint64_t kind = depth == 0 ? 3 : random_.below(6);
    if (kind == 0) {
      Filter inner = filter(depth - 1);
      return {"not (" + inner.text + ")",
              [inner](const Row& row) { return static_cast<Truth>(2 - static_cast<int>(inner.reading(row))); }};
    }
    if (kind > 2) return simple();
    Filter left = filter(depth - 1), right = filter(depth - 1);
    return {fmt::format("({} {} {})", left.text, kind == 1 ? "and" : "or", right.text), [=](const Row& row) {
              const Truth a = left.reading(row), b = right.reading(row);
              return kind == 1 ? std::min(a, b) : std::max(a, b);
            }};
  }

 private:
  std::string same(std::string text) const { return ignore_case_ ? lower(std::move(text)) : text; }

  Filter simple() {
    switch (random_.below(12)) {
      case 0: return text_order("name", [](const Row& row) { return row.name; });
      case 1: return text_order("complex/inner", [](const Row& row) { return row.inner; });
      case 2: return number_order();
      case 3: return ratio_order();
      case 4: return day_order();
      case 5: return search();
      case 6: return folded();
      case 7: return one_of();
      case 8: return nothing();
      case 9: return tags();
      case 10: return rules();
      default: return flag();
    }
  }

  Filter text_order(const char* path, std::function<std::optional<std::string>(const Row&)> of) {
    const std::string op = pick(kOrders), wanted = pick(kWords);
    return {fmt::format("{} {} {}", path, op, quoted(wanted)), [=, this](const Row& row) {
              auto value = of(row);
              if (value) value = same(*value);
              return compared(op, value, same(wanted));
            }};
  }
  Filter number_order() {
    const std::string op = pick(kOrders);
    const std::int64_t wanted = small();
    return {fmt::format("count {} {}", op, wanted), [=](const Row& row) { return compared(op, row.count, wanted); }};
  }
  Filter ratio_order() {
    const std::string op = pick(kOrders);
    const std::int64_t wanted = small();
    return {fmt::format("ratio {} {}", op, wanted),
            [=](const Row& row) { return compared(op, row.ratio, static_cast<double>(wanted)); }};
  }
  Filter day_order() {
    const std::string op = pick(kOrders);
    const std::int64_t wanted = 1 + static_cast<std::int64_t>(random_.below(9));
    // The same instant in another zone.
    const std::string text =
        coin() ? fmt::format("2026-03-{:02}T00:00:00Z", wanted) : fmt::format("2026-03-{:02}T02:00:00+02:00", wanted);
    return {fmt::format("day {} {}", op, text), [=](const Row& row) { return compared(op, row.day, wanted); }};
  }
  Filter search() {
    const std::string function = pick(std::vector<std::string>{"startswith", "endswith", "contains"});
    const std::string wanted = pick(kWords);
    return {fmt::format("{}(name,{})", function, quoted(wanted)), [=, this](const Row& row) {
              if (!row.name) return Truth::unknown;
              const std::string text = same(*row.name), part = same(wanted);
              return truth(function == "startswith" ? text.starts_with(part)
                           : function == "endswith" ? text.ends_with(part)
                                                    : text.find(part) != text.npos);
            }};
  }
  Filter folded() {
    const std::string wanted = pick(kWords);
    if (coin())
      return {fmt::format("tolower(name) eq {}", quoted(wanted)),
              [=, this](const Row& row) { return truth(row.name && lower(*row.name) == same(wanted)); }};
    const std::int64_t size = small();
    return {fmt::format("length(concat(name,'x')) gt {}", size), [=](const Row& row) {
              if (!row.name) return Truth::unknown;
              return truth(static_cast<std::int64_t>(row.name->size()) + 1 > size);
            }};
  }
  Filter one_of() {
    const std::vector<std::string> wanted{pick(kWords), pick(kWords)};
    return {fmt::format("name in ({}, {})", quoted(wanted[0]), quoted(wanted[1])), [=, this](const Row& row) {
              return truth(row.name && (same(*row.name) == same(wanted[0]) || same(*row.name) == same(wanted[1])));
            }};
  }
  Filter nothing() {
    const bool equal = coin();
    return {fmt::format("count {} null", equal ? "eq" : "ne"),
            [=](const Row& row) { return truth(row.count.has_value() != equal); }};
  }
  Filter tags() {
    const std::string wanted = pick(kWords);
    if (coin()) return {"tags/any()", [](const Row& row) { return truth(!row.tags.empty()); }};
    const bool any = coin();
    return {fmt::format("tags/{}(t:t eq {})", any ? "any" : "all", quoted(wanted)), [=, this](const Row& row) {
              const auto fits = [&](const std::string& tag) { return same(tag) == same(wanted); };
              return truth(any ? std::any_of(row.tags.begin(), row.tags.end(), fits)
                               : std::all_of(row.tags.begin(), row.tags.end(), fits));
            }};
  }
  Filter rules() {
    const std::string kind = pick(kWords);
    const std::int64_t size = small();
    const bool any = coin();
    return {fmt::format("rules/{}(r:r/kind eq {} or r/size ge {})", any ? "any" : "all", quoted(kind), size),
            [=, this](const Row& row) {
              const auto fits = [&](const Rule& rule) { return same(rule.kind) == same(kind) || rule.size >= size; };
              return truth(any ? std::any_of(row.rules.begin(), row.rules.end(), fits)
                               : std::all_of(row.rules.begin(), row.rules.end(), fits));
            }};
  }
  Filter flag() {
    if (coin()) return {"isof('microsoft.graph.managedApp')", [](const Row& row) { return truth(row.managed); }};
    if (coin()) return {"on", [](const Row& row) { return row.on ? truth(*row.on) : Truth::unknown; }};
    const bool wanted = coin();
    return {fmt::format("on eq {}", wanted), [=](const Row& row) { return truth(row.on == wanted); }};
  }

  Random& random_;
  const bool ignore_case_;
};

TEST(ODataProperty, RandomFiltersSayWhatASecondReadingSays) {
  const auto random = seeded_random(41);
  int held = 0;
  for (int i = 0; i < 20'000; ++i) {
    const FilterContext context{"microsoft.graph.mobileApp", i % 2 == 1};
    Filters filters(*random, context.ignore_case);
    const Row row = filters.row();
    const json::object object = filters.object(row);
    const Filter wanted = filters.filter(4);
    const auto parsed = parse_filter(wanted.text);
    ASSERT_TRUE(parsed) << wanted.text << ": " << parsed.error().message;
    const bool expected = wanted.reading(row) == Truth::yes;
    held += expected;
    ASSERT_EQ(matches(*parsed, object, context), expected) << wanted.text << "\n" << json::serialize(object);
  }
  EXPECT_GT(held, 5'000) << "filters that never hold show nothing";
  EXPECT_LT(held, 15'000);
}

// ---- Lists of a whole tenant.

class Lists : public ::testing::Test {
 protected:
  const Collection& objects(std::string_view set) {
    kept_ = graph_.simulator.world().collection(graph_.tenant(), *find_set(set));
    return *kept_;
  }
  std::vector<std::string> ids(const std::string& url) {
    http::Headers eventual;
    eventual.set("ConsistencyLevel", "eventual");
    std::vector<std::string> all;
    for (std::string next = url; !next.empty();) {
      const Answer page = graph_.get(next, eventual);
      EXPECT_EQ(page.status, 200) << next << "\n" << page.response.body;
      if (page.status != 200) break;
      for (const json::value& row : page.value()) all.push_back(json_string(row, "id"));
      next = page.text("@odata.nextLink");
    }
    return all;
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_, {.world = {.objects_per_tenant = 600}, .throttle = {.enabled = false}}};
  CollectionPtr kept_;
};

TEST_F(Lists, PagesOfAnySizeHoldTheSameRowsInTheSameOrder) {
  const auto random = seeded_random(42);
  for (const EntitySet& set : entity_sets()) {
    const std::size_t count = objects(set.path).items.size();
    const std::string url = TestGraph::list_url(set);
    if (url.empty() || set.top_rejected || count < 2) continue;
    std::string options =
        set.filter == FilterRule::supported && set.required_filter.empty() && random->below(2) == 0
            ? "&$filter=" + http::url_encode("id ne 'nobody'") + (set.advanced_queries ? "&$count=true" : "")
            : "";
    if (find_property(set, set.name_property) && random->below(2) == 0)
      options += fmt::format("&$orderby={}{}", set.name_property, random->below(2) == 0 ? "%20desc" : "");
    if (random->below(2) == 0) options += "&$select=id";
    const std::vector<std::string> usual = ids(url + options);
    EXPECT_EQ(std::set<std::string>(usual.begin(), usual.end()).size(), count) << url << options;
    for (int i = 0; i < 3; ++i) {
      const std::size_t top = 1 + random->below(std::min<std::size_t>(count, set.top_max));
      EXPECT_EQ(ids(fmt::format("{}{}&$top={}", url, options, top)), usual) << url << options << " $top=" << top;
    }
  }
}

TEST_F(Lists, SkippedRowsAreTheFirstOnes) {
  const std::string url = "/beta/deviceManagement/deviceConfigurations?$orderby=displayName";
  const std::vector<std::string> all = ids(url);
  for (const std::size_t skip : {std::size_t(1), all.size() / 2, all.size(), all.size() + 5}) {
    const std::vector<std::string> rest = ids(fmt::format("{}&$skip={}&$top=7", url, skip));
    EXPECT_EQ(rest, std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(std::min(skip, all.size())),
                                             all.end()))
        << skip;
  }
}

// A condition with its plain reading, made from an object that the set holds.
struct Condition {
  std::string text;
  std::function<bool(const json::object&)> holds;
};

Condition about(const json::object& object, Random& random) {
  const std::string name = json_string(object, "displayName"), changed = json_string(object, "lastModifiedDateTime");
  const std::string start = name.substr(0, 1 + random.below(std::max<std::size_t>(1, name.size())));
  switch (random.below(4)) {
    case 0:
      return {"displayName eq " + quoted(name),
              [=](const json::object& o) { return json_string(o, "displayName") == name; }};
    case 1:
      return {fmt::format("startswith(displayName,{})", quoted(start)),
              [=](const json::object& o) { return json_string(o, "displayName").starts_with(start); }};
    case 2:
      return {"lastModifiedDateTime ge " + changed, [=](const json::object& o) {
                return *parse_rfc3339(json_string(o, "lastModifiedDateTime")) >= *parse_rfc3339(changed);
              }};
    default: {
      const std::string type = json_string(object, "@odata.type");
      return {fmt::format("isof('{}')", type.substr(1)),
              [=](const json::object& o) { return json_string(o, "@odata.type") == type; }};
    }
  }
}

TEST_F(Lists, FiltersFindWhatGoingThroughEverythingFinds) {
  const auto random = seeded_random(43);
  for (const char* set : {"deviceManagement/deviceConfigurations", "deviceAppManagement/mobileApps"})
    for (int i = 0; i < 60; ++i) {
      const Collection& all = objects(set);
      const auto any = [&]() -> const json::object& { return all.items[random->below(all.items.size())]->body; };
      const Condition one = about(any(), *random), other = about(any(), *random);
      const bool both = random->below(2) == 0;
      const std::string text = fmt::format("{} {} {}", one.text, both ? "and" : "or", other.text);
      std::vector<std::string> expected;
      for (const ObjectPtr& object : all.items) {
        const bool a = one.holds(object->body), b = other.holds(object->body);
        if (both ? a && b : a || b) expected.push_back(object->id);
      }
      const std::string url = fmt::format("/beta/{}?$top=9&$filter={}", set, http::url_encode(text));
      EXPECT_EQ(ids(url), expected) << text;
    }
}

}  // namespace
}  // namespace ta::simulator
