#include "simulator/odata_options.h"

#include <charconv>

#include "base/digest.h"
#include "simulator/graph_error.h"

namespace ta::simulator {
namespace {

constexpr std::array<std::string_view, 10> kOptions{"$top",     "$skip",  "$skiptoken", "$select", "$filter",
                                                    "$orderby", "$count", "$expand",    "$search", "$format"};

bool is_option(std::string_view name) { return std::find(kOptions.begin(), kOptions.end(), name) != kOptions.end(); }

// How an option is called whatever its spelling: "$top"; other parameters stay as they are.
std::string option_name(std::string_view sent, bool beta) {
  if (sent.starts_with('?')) sent.remove_prefix(1);
  if (beta && is_option(fmt::format("${}", sent))) return fmt::format("${}", sent);
  return std::string(sent);
}

std::size_t number(std::string_view name, std::string_view text, std::size_t at_least) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < at_least)
    throw GraphError::bad_request(
        fmt::format("Invalid value '{}' for {} query option found. The {} query option "
                    "requires a non-negative integer value.",
                    text, name, name));
  return value;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Cuts at `separator`, but not inside parentheses. Empty pieces are left out.
std::vector<std::string_view> split_outside_parentheses(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != separator || depth > 0)) continue;
    if (const auto piece = trimmed(text.substr(begin, i - begin)); !piece.empty()) pieces.push_back(piece);
    begin = i + 1;
  }
  return pieces;
}

std::vector<std::string> parse_select(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view name : split_outside_parentheses(text, ',')) names.emplace_back(name);
  return names;
}

std::vector<Expand> expand_list(std::string_view text, int depth);

void nested_options(Expand& expand, std::string_view inner, int depth) {
  for (const std::string_view option : split_outside_parentheses(inner, ';')) {
    const std::size_t equals = option.find('=');
    if (equals == option.npos) throw GraphError::bad_request("Parsing OData Select and Expand failed: '=' expected.");
    const std::string_view name = trimmed(option.substr(0, equals)), value = trimmed(option.substr(equals + 1));
    if (name == "$select" || name == "select") expand.select = parse_select(value);
    if (name == "$expand" || name == "expand") expand.expand = expand_list(value, depth + 1);
  }
}

std::vector<Expand> expand_list(std::string_view text, int depth) {
  if (depth > 8) throw GraphError::bad_request("Parsing OData Select and Expand failed: nested too deeply.");
  std::vector<Expand> list;
  for (const std::string_view piece : split_outside_parentheses(text, ',')) {
    const std::size_t open = piece.find('(');
    Expand expand{.name = std::string(trimmed(piece.substr(0, open)))};
    if (open != piece.npos) {
      if (!piece.ends_with(')')) throw GraphError::bad_request("Parsing OData Select and Expand failed: ')' expected.");
      nested_options(expand, piece.substr(open + 1, piece.size() - open - 2), depth);
    }
    list.push_back(std::move(expand));
  }
  return list;
}

std::vector<OrderBy> parse_order_by(std::string_view text) {
  std::vector<OrderBy> list;
  for (const std::string_view piece : split_outside_parentheses(text, ',')) {
    const std::size_t blank = piece.find(' ');
    const std::string_view direction = blank == piece.npos ? "asc" : trimmed(piece.substr(blank));
    if (direction != "asc" && direction != "desc")
      throw GraphError::bad_request(fmt::format("Syntax error at position {} in '{}'.", blank, text));
    list.push_back({split_path(piece.substr(0, blank)), direction == "desc"});
  }
  return list;
}

PageToken parse_token(std::string_view text) {
  const auto plain = base64_decode(text);
  const std::size_t bar = plain ? plain->find('|') : std::string::npos;
  if (bar == std::string::npos) throw GraphError::bad_request("Skip token is invalid.");
  PageToken token{.last_id = plain->substr(bar + 1)};
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + bar, token.offset);
  if (error != std::errc{} || end != plain->data() + bar) throw GraphError::bad_request("Skip token is invalid.");
  return token;
}

void parse_search(QueryOptions& options, std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  const std::size_t colon = text.find(':');
  if (colon != text.npos) options.search_property = text.substr(0, colon);
  options.search_text = colon == text.npos ? text : text.substr(colon + 1);
}

FilterNode filter_or_throw(std::string_view text) {
  auto filter = parse_filter(text);
  if (!filter) throw GraphError::bad_request("Invalid filter clause: " + filter.error().message);
  return std::move(*filter);
}

void set_option(QueryOptions& options, const std::string& name, const std::string& value) {
  if (name == "$top") options.top = number(name, value, 1);
  if (name == "$skip") options.skip = number(name, value, 0);
  if (name == "$skiptoken") options.token = parse_token(value);
  if (name == "$select") options.select = parse_select(value);
  if (name == "$filter") options.filter = filter_or_throw(value);
  if (name == "$orderby") options.order_by = parse_order_by(value);
  if (name == "$count") options.count = value == "true";
  if (name == "$expand") options.expand = expand_list(value, 0);
  if (name == "$search") parse_search(options, value);
}

std::string encoded_name(std::string_view name) {
  const bool dollar = name.starts_with('$');
  return (dollar ? "$" : "") + http::url_encode(name.substr(dollar ? 1 : 0));
}

}  // namespace

std::vector<Expand> parse_expand(std::string_view text) { return expand_list(text, 0); }

QueryOptions parse_options(const http::Fields& query, bool beta) {
  QueryOptions options;
  for (const auto& [sent, value] : query) {
    const std::string name = option_name(sent, beta);
    if (name.starts_with('$') && !is_option(name))
      throw GraphError::bad_request(
          fmt::format("The query parameter '{}' is not supported or not valid for this request.", name));
    set_option(options, name, value);
  }
  return options;
}

std::string next_link(const http::Request& request, const std::string& base_url, const PageToken& token, bool as_skip) {
  const std::string_view target = request.target;
  std::string link = base_url + std::string(target.substr(0, target.find('?'))) + "?";
  for (const auto& [sent, value] : request.query) {
    const std::string name = option_name(sent, true);
    if (name == "$skip" || name == "$skiptoken" || sent.empty()) continue;
    link += encoded_name(sent.starts_with('?') ? std::string_view(sent).substr(1) : sent) + "=" +
            http::url_encode(value) + "&";
  }
  if (as_skip) return link + "$skip=" + std::to_string(token.offset);
  return link + "$skiptoken=" + base64url(fmt::format("{}|{}", token.offset, token.last_id));
}

}  // namespace ta::simulator
