#include <cctype>

#include "base/time.h"
#include "simulator/entity_sets.h"
#include "simulator/odata_filter.h"

namespace ta::simulator {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view view(const json::value& value) { return {value.get_string().data(), value.get_string().size()}; }

std::string_view without_hash(std::string_view type) { return type.starts_with('#') ? type.substr(1) : type; }

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int order_texts(std::string_view a, std::string_view b, bool ignore_case) {
  // Dates of the same instant are spelled with different fractions.
  if (a.size() > 10 && b.size() > 10 && a[4] == '-' && b[4] == '-') {
    const auto left = parse_rfc3339(a), right = parse_rfc3339(b);
    if (left && right) return order(*left, *right);
  }
  return ignore_case ? order(lower(a), lower(b)) : order(a, b);
}

class Evaluator {
 public:
  Evaluator(const json::object& root, const FilterContext& context) : root_(root), context_(context) {}

  // Three-valued: a bool, or null for unknown; other kinds for operands.
  json::value value(const FilterNode& node) {
    switch (node.kind) {
      case FilterNode::Kind::literal: return node.literal;
      case FilterNode::Kind::path: return at_path(node.path);
      case FilterNode::Kind::call: return call(node);
      case FilterNode::Kind::compare: return compare(node);
      case FilterNode::Kind::both: return both(node);
      case FilterNode::Kind::either: return either(node);
      case FilterNode::Kind::negate: return negate(value(node.children[0]));
      case FilterNode::Kind::member_of: return member_of(node);
      case FilterNode::Kind::any:
      case FilterNode::Kind::all: return quantified(node);
    }
    return nullptr;
  }

 private:
  static json::value negate(const json::value& value) {
    return value.is_bool() ? json::value(!value.get_bool()) : json::value(nullptr);
  }

  json::value both(const FilterNode& node) {
    const json::value left = value(node.children[0]);
    if (left.is_bool() && !left.get_bool()) return false;
    const json::value right = value(node.children[1]);
    if (right.is_bool() && !right.get_bool()) return false;
    return left.is_bool() && right.is_bool() ? json::value(true) : json::value(nullptr);
  }

  json::value either(const FilterNode& node) {
    const json::value left = value(node.children[0]);
    if (left.is_bool() && left.get_bool()) return true;
    const json::value right = value(node.children[1]);
    if (right.is_bool() && right.get_bool()) return true;
    return left.is_bool() && right.is_bool() ? json::value(false) : json::value(nullptr);
  }

  json::value compare(const FilterNode& node) {
    const json::value left = value(node.children[0]), right = value(node.children[1]);
    const std::string& op = node.name;
    if (op == "has") return has_flag(left, right);
    if (op == "eq" || op == "ne") return equal(left, right) == (op == "eq");
    const auto order = compare_values(left, right, context_.ignore_case);
    if (!order) return left.is_null() || right.is_null() ? json::value(nullptr) : json::value(false);
    return op == "gt" ? *order > 0 : op == "ge" ? *order >= 0 : op == "lt" ? *order < 0 : *order <= 0;
  }

  bool equal(const json::value& left, const json::value& right) const {
    if (left.is_null() || right.is_null()) return left.is_null() && right.is_null();
    return compare_values(left, right, context_.ignore_case) == 0;
  }

  // Flags are spelled "mdm,microsoftSense".
  static json::value has_flag(const json::value& left, const json::value& right) {
    if (!left.is_string() || !right.is_string()) return nullptr;
    const std::string flags = fmt::format(",{},", view(left));
    return flags.find(fmt::format(",{},", view(right))) != flags.npos;
  }

  json::value member_of(const FilterNode& node) {
    const json::value left = value(node.children[0]);
    for (std::size_t i = 1; i < node.children.size(); ++i)
      if (equal(left, value(node.children[i]))) return true;
    return false;
  }

  json::value call(const FilterNode& node) {
    if (node.name == "isof") return is_of(node);
    std::vector<json::value> arguments;
    for (const FilterNode& child : node.children) arguments.push_back(value(child));
    for (const json::value& argument : arguments)
      if (!argument.is_string()) return nullptr;
    if (arguments.size() == 1) return of_text(node.name, view(arguments[0]));
    return of_texts(node.name, view(arguments[0]), view(arguments[1]));
  }

  static json::value of_text(const std::string& function, std::string_view text) {
    if (function == "tolower") return json::string(lower(text));
    if (function == "toupper") return json::string(upper(text));
    if (function == "length") return static_cast<std::int64_t>(text.size());
    const std::size_t first = text.find_first_not_of(' ');
    if (first == text.npos) return "";
    return json::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
  }

  json::value of_texts(const std::string& function, std::string_view text, std::string_view part) const {
    if (function == "concat") return json::string(fmt::format("{}{}", text, part));
    if (!context_.ignore_case) return search(function, text, part);
    return search(function, lower(text), lower(part));
  }

  static bool search(const std::string& function, std::string_view text, std::string_view part) {
    if (function == "startswith") return text.starts_with(part);
    return function == "endswith" ? text.ends_with(part) : text.find(part) != text.npos;
  }

  // isof('type') · isof(property,'type')
  json::value is_of(const FilterNode& node) {
    const json::value type = value(node.children.back());
    if (!type.is_string()) return nullptr;
    if (node.children.size() == 1) return is_type(root_, view(type));
    const json::value subject = value(node.children.front());
    return subject.is_object() ? json::value(is_type(subject.get_object(), view(type))) : json::value(nullptr);
  }

  bool is_type(const json::object& object, std::string_view type) const {
    if (&object == &root_ && without_hash(type) == context_.entity_type) return true;
    const json::value* own = object.if_contains("@odata.type");
    const std::string_view actual = own && own->is_string() ? without_hash(view(*own)) : context_.entity_type;
    return derives_from(actual, without_hash(type));
  }

  json::value quantified(const FilterNode& node) {
    const json::value items = at_path(node.path);
    if (!items.is_array()) return false;
    if (node.children.empty()) return !items.get_array().empty();
    const bool any = node.kind == FilterNode::Kind::any;
    for (const json::value& item : items.get_array()) {
      variables_.emplace_back(node.name, &item);
      const json::value holds = value(node.children[0]);
      variables_.pop_back();
      if ((holds.is_bool() && holds.get_bool()) == any) return any;
    }
    return !any;
  }

  json::value at_path(const std::vector<std::string>& path) const {
    for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
      if (variable->first != path[0]) continue;
      if (path.size() == 1) return *variable->second;
      if (!variable->second->is_object()) return nullptr;
      return walk(variable->second->get_object(), path, 1);
    }
    return walk(root_, path, 0);
  }

  json::value walk(const json::object& from, const std::vector<std::string>& path, std::size_t at) const {
    const json::object* object = &from;
    for (; at < path.size(); ++at) {
      if (path[at].find('.') != std::string::npos && !path[at].starts_with("@")) {
        if (!is_type(*object, path[at])) return nullptr;
        continue;
      }
      const json::value* next = object->if_contains(path[at]);
      if (!next) return object == &root_ && at + 1 == path.size() ? missing(path[at]) : json::value(nullptr);
      if (at + 1 == path.size()) return *next;
      if (!next->is_object()) return nullptr;
      object = &next->get_object();
    }
    return *object;
  }

  json::value missing(const std::string& name) const {
    const TypeSchema* type = context_.type ? type_of(root_, context_.type) : nullptr;
    if (!type) return nullptr;
    const auto property = type->properties.find(name);
    return property == type->properties.end() ? json::value(nullptr) : default_value(property->second);
  }

  const json::object& root_;
  const FilterContext& context_;
  std::vector<std::pair<std::string_view, const json::value*>> variables_;

  friend json::value ta::simulator::value_at(const json::object&, const std::vector<std::string>&,
                                             const FilterContext&);
};

}  // namespace

std::optional<int> compare_values(const json::value& a, const json::value& b, bool ignore_case) {
  if (a.is_string() && b.is_string()) return order_texts(view(a), view(b), ignore_case);
  if (a.is_int64() && b.is_int64()) return order(a.get_int64(), b.get_int64());
  if (a.is_number() && b.is_number()) return order(a.to_number<double>(), b.to_number<double>());
  if (a.is_bool() && b.is_bool()) return order(a.get_bool(), b.get_bool());
  return std::nullopt;
}

bool matches(const FilterNode& filter, const json::object& object, const FilterContext& context) {
  const json::value value = Evaluator(object, context).value(filter);
  return value.is_bool() && value.get_bool();
}

json::value value_at(const json::object& object, const std::vector<std::string>& path, const FilterContext& context) {
  return Evaluator(object, context).walk(object, path, 0);
}

}  // namespace ta::simulator
