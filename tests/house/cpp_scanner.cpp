#include "house/cpp_scanner.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace ta::house {
namespace {

// Copies text to a result of the same length in which everything that is not code is blank.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    if (line_starts_ && next_code() == '#') return blank_directive();
    if (starts("//")) return blank_to(text_.find('\n', at_));
    if (starts("/*")) return blank_to(after(text_.find("*/", at_ + 2), 2));
    if (starts("R\"") && !inside_word()) return blank_raw_string();
    if (text_[at_] == '"' || (text_[at_] == '\'' && !inside_word())) return blank_literal(text_[at_]);
    line_starts_ = text_[at_] == '\n' || (line_starts_ && std::isspace(static_cast<unsigned char>(text_[at_])));
    ++at_;
  }

  char next_code() const {
    const std::size_t found = text_.find_first_not_of(" \t", at_);
    return found == text_.npos ? '\0' : text_[found];
  }
  bool starts(std::string_view with) const { return text_.substr(at_).starts_with(with); }
  // 1'000 and u8"…": a quote after a digit or letter separates digits.
  bool inside_word() const { return at_ > 0 && std::isalnum(static_cast<unsigned char>(text_[at_ - 1])); }
  std::size_t after(std::size_t found, std::size_t width) const { return found == text_.npos ? found : found + width; }

  void blank_to(std::size_t end) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_)
      if (text_[at_] != '\n') out_[at_] = ' ';
  }
  void blank_directive() {
    std::size_t end = text_.find('\n', at_);
    while (end != text_.npos && text_[end - 1] == '\\') end = text_.find('\n', end + 1);
    blank_to(end);
  }
  void blank_raw_string() {
    const std::size_t open = text_.find('(', at_);
    const std::string close = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
    blank_to(after(text_.find(close, open), close.size()));
  }
  void blank_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    blank_to(end + 1);
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  bool line_starts_ = true;
};

enum class Scope { names, function, other };  // names: a namespace or class, where functions may be defined

std::string one_line(std::string_view text) { return std::regex_replace(std::string(text), std::regex(R"(\s+)"), " "); }

// What a '{' opens, from the text since the last statement at namespace or class scope.
Scope classify(const std::string& head) {
  static const std::regex names(R"(^ ?(inline )?(template ?<.*> ?)?(namespace|class|struct|union|extern)\b[^(=]*$)");
  // Foo() : a_{1}, b_{2} {   only the last brace, the one after a blank, opens the body.
  static const std::regex initialiser(R"(^\s*[:,][^:].*\S$)");
  if (std::regex_search(head, names)) return Scope::names;
  const std::size_t close = head.rfind(')');
  // MACRO(…) class X {
  if (close != head.npos && std::regex_search(head.substr(close + 1), names)) return Scope::names;
  if (close == head.npos || std::regex_search(head.substr(close + 1), initialiser)) return Scope::other;
  const std::size_t assigned = head.find(" = ");
  return assigned < head.find('(') ? Scope::other : Scope::function;
}

class FunctionFinder {
 public:
  explicit FunctionFinder(std::string code) : code_(std::move(code)) {}

  std::vector<Function> run() {
    for (at_ = 0; at_ < code_.size(); ++at_) read(code_[at_]);
    return std::move(found_);
  }

 private:
  void read(char c) {
    if (c == '\n') ++line_;
    if (c == '{') return open();
    if (c == '}') return close();
    if (at_names() && (c == ';' || is_access_label(c))) {
      head_.clear();
    } else {
      head_ += c;
    }
  }

  bool at_names() const { return scopes_.empty() || scopes_.back() == Scope::names; }
  bool is_access_label(char c) const {
    static const std::regex label(R"(\b(public|private|protected)$)");
    return c == ':' && std::regex_search(head_, label);
  }

  void open() {
    Scope scope = Scope::other;
    if (at_names()) {
      const std::string head = one_line(head_);
      scope = classify(head);
      if (scope == Scope::function) found_.push_back({head, line_, 0});
      if (scope == Scope::names) head_.clear();
    }
    scopes_.push_back(scope);
  }

  void close() {
    if (scopes_.empty()) return;
    const Scope scope = scopes_.back();
    scopes_.pop_back();
    if (scope == Scope::function) found_.back().length = line_ - found_.back().line + 1;
    if (at_names() && scope != Scope::other) head_.clear();
  }

  std::string code_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::string head_;
  std::vector<Scope> scopes_;
  std::vector<Function> found_;
};

}  // namespace

std::string code_only(std::string_view text) { return Blanker(text).run(); }

std::vector<Function> functions(std::string_view text) { return FunctionFinder(code_only(text)).run(); }

std::vector<std::string> own_includes(std::string_view text) {
  static const std::regex include(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*"([^"\n]+)")re");
  std::vector<std::string> paths;
  const std::string copy(text);
  for (std::sregex_iterator it(copy.begin(), copy.end(), include), end; it != end; ++it) paths.push_back((*it)[1]);
  return paths;
}

}  // namespace ta::house
