#include <cctype>
#include <charconv>

#include "simulator/odata_filter.h"

namespace ta::simulator {
namespace {

constexpr int kDepthMax = 64;

struct SyntaxError {
  std::string message;
};

struct Function {
  std::string_view name;
  std::size_t arguments_min, arguments_max;
};
constexpr std::array<Function, 9> kFunctions{{{"startswith", 2, 2},
                                              {"endswith", 2, 2},
                                              {"contains", 2, 2},
                                              {"tolower", 1, 1},
                                              {"toupper", 1, 1},
                                              {"trim", 1, 1},
                                              {"length", 1, 1},
                                              {"concat", 2, 2},
                                              {"isof", 1, 2}}};
constexpr std::array<std::string_view, 7> kComparisons{"eq", "ne", "gt", "ge", "lt", "le", "has"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

const Function* find_function(std::string_view name) {
  for (const Function& function : kFunctions)
    if (function.name == lower(name)) return &function;
  return nullptr;
}

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '@' || c == '-' || c == ':' ||
         c == '+' || static_cast<unsigned char>(c) >= 0x80;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  FilterNode whole() {
    FilterNode node = either();
    skip_blanks();
    if (at_ != text_.size()) error("unexpected text");
    return node;
  }

 private:
  [[noreturn]] void error(std::string_view what) const {
    throw SyntaxError{fmt::format("Syntax error: {} at position {} in '{}'.", what, at_, text_.substr(0, 200))};
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void need(char c) {
    if (!take(c)) error(fmt::format("'{}' expected", c));
  }

  std::string_view peek_word() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && in_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  // Every recursion passes here.
  struct Deeper {
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDepthMax) parser_.error("the expression is nested too deeply");
    }
    ~Deeper() { --parser_.depth_; }
    Parser& parser_;
  };

  static FilterNode pair_of(FilterNode::Kind kind, FilterNode left, FilterNode right) {
    FilterNode node{.kind = kind};
    node.children.push_back(std::move(left));
    node.children.push_back(std::move(right));
    return node;
  }

  FilterNode either() {
    const Deeper deeper(*this);
    FilterNode node = both();
    while (take_word("or")) node = pair_of(FilterNode::Kind::either, std::move(node), both());
    return node;
  }

  FilterNode both() {
    FilterNode node = negation();
    while (take_word("and")) node = pair_of(FilterNode::Kind::both, std::move(node), negation());
    return node;
  }

  FilterNode negation() {
    const Deeper deeper(*this);
    if (!take_word("not")) return comparison();
    FilterNode node{.kind = FilterNode::Kind::negate};
    node.children.push_back(negation());
    return node;
  }

  FilterNode comparison() {
    FilterNode left = operand();
    const std::string_view word = peek_word();
    if (word == "in") return member_of(std::move(left));
    if (std::find(kComparisons.begin(), kComparisons.end(), word) == kComparisons.end()) return left;
    at_ += word.size();
    FilterNode node = pair_of(FilterNode::Kind::compare, std::move(left), operand());
    node.name = word;
    return node;
  }

  FilterNode member_of(FilterNode left) {
    at_ += 2;
    FilterNode node{.kind = FilterNode::Kind::member_of};
    node.children.push_back(std::move(left));
    need('(');
    do node.children.push_back(operand());
    while (take(','));
    need(')');
    return node;
  }

  FilterNode operand() {
    const Deeper deeper(*this);
    if (take('(')) {
      FilterNode node = either();
      need(')');
      return node;
    }
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '\'') return string_literal();
    const std::string_view word = peek_word();
    if (word.empty()) error("a value or a property expected");
    at_ += word.size();
    if (at_ < text_.size() && text_[at_] == '(') return call(word);
    if (at_ < text_.size() && text_[at_] == '\'') return string_literal();  // microsoft.graph.kind'value'
    return literal_or_path(word);
  }

  FilterNode string_literal() {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        value += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        value += text_[at_++];
      } else {
        ++at_;
        return {.kind = FilterNode::Kind::literal, .literal = json::value(value)};
      }
    }
    error("unterminated string literal");
  }

  FilterNode call(std::string_view word) {
    const Function* function = find_function(word);
    if (!function) error(fmt::format("An unknown function with name '{}' was found", word));
    FilterNode node{.kind = FilterNode::Kind::call, .name = std::string(function->name)};
    need('(');
    do node.children.push_back(either());
    while (take(','));
    need(')');
    if (node.children.size() < function->arguments_min || node.children.size() > function->arguments_max)
      error(fmt::format("wrong number of arguments of '{}'", word));
    return node;
  }

  static std::optional<json::value> simple_literal(std::string_view word) {
    if (word == "null") return json::value(nullptr);
    if (word == "true" || word == "false") return json::value(word == "true");
    std::int64_t whole = 0;
    const char* end = word.data() + word.size();
    if (const auto [stop, ec] = std::from_chars(word.data(), end, whole); ec == std::errc{} && stop == end)
      return json::value(whole);
    double number = 0;
    if (const auto [stop, ec] = std::from_chars(word.data(), end, number);
        ec == std::errc{} && stop == end && std::isdigit(static_cast<unsigned char>(end[-1])))
      return json::value(number);
    // Dates and GUIDs stand bare; both contain '-' or ':', which names of properties never do.
    if (word.find_first_of("-:+") != word.npos) return json::value(json::string(word));
    return std::nullopt;
  }

  FilterNode literal_or_path(std::string_view word) {
    if (auto value = simple_literal(word)) return {.kind = FilterNode::Kind::literal, .literal = std::move(*value)};
    FilterNode node{.kind = FilterNode::Kind::path, .path = {std::string(word)}};
    while (at_ < text_.size() && text_[at_] == '/') {
      ++at_;
      const std::string_view segment = peek_word();
      if (segment.empty()) error("a property expected after '/'");
      at_ += segment.size();
      const bool quantifier = at_ < text_.size() && text_[at_] == '(';
      if (quantifier && (segment == "any" || segment == "all")) return quantified(std::move(node), segment);
      node.path.emplace_back(segment);
    }
    return node;
  }

  // any() · any(x:condition) · all(x:condition)
  FilterNode quantified(FilterNode path, std::string_view word) {
    FilterNode node{.kind = word == "any" ? FilterNode::Kind::any : FilterNode::Kind::all,
                    .path = std::move(path.path)};
    need('(');
    if (node.kind == FilterNode::Kind::any && take(')')) return node;
    const std::string_view variable = variable_name();
    node.name = variable;
    node.children.push_back(either());
    need(')');
    return node;
  }

  std::string_view variable_name() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && std::isalnum(static_cast<unsigned char>(text_[end]))) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (name.empty()) error("a range variable expected");
    at_ = end;
    need(':');
    return name;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<FilterNode> parse_filter(std::string_view text) {
  try {
    return Parser(text).whole();
  } catch (const SyntaxError& error) {
    return fail(FailureCode::graph_bad_request, error.message);
  }
}

void visit(const FilterNode& node, const std::function<void(const FilterNode&)>& see) {
  see(node);
  for (const FilterNode& child : node.children) visit(child, see);
}

}  // namespace ta::simulator
