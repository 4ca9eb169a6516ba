#include "graph/reference_values.h"

#include <re2/re2.h>

#include <algorithm>

namespace ta::graph {
namespace {

using Found = std::vector<const json::value*>;

// The first name of a property path and what comes behind it. "@odata." belongs to the name before it.
std::pair<std::string_view, std::string_view> first_name(std::string_view path) {
  std::size_t dot = path.find('.');
  constexpr std::string_view kAnnotation = "@odata";
  if (dot != path.npos && path.substr(0, dot).ends_with(kAnnotation)) dot = path.find('.', dot + 1);
  if (dot == path.npos) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

void find_at(const json::value& value, std::string_view path, Found& out);

// `path` may begin at the value or anywhere below it.
void find_below(const json::value& value, std::string_view path, Found& out) {
  find_at(value, path, out);
  if (const json::object* object = value.if_object())
    for (const auto& [name, member] : *object) find_below(member, path, out);
  if (const json::array* array = value.if_array())
    for (const json::value& element : *array) find_below(element, path, out);
}

void find_at(const json::value& value, std::string_view path, Found& out) {
  if (path.empty()) {
    out.push_back(&value);
    return;
  }
  if (path.starts_with('.')) return find_below(value, path.substr(1), out);
  auto [name, rest] = first_name(path);
  const bool each = name.ends_with("[]");
  const json::value* const member = json_find(value, each ? name.substr(0, name.size() - 2) : name);
  if (!member) return;
  if (!each) return find_at(*member, rest, out);
  if (const json::array* array = member->if_array())
    for (const json::value& element : *array) find_at(element, rest, out);
}

bool is_id(std::string_view text) {
  constexpr std::string_view kNone = "00000000-0000-0000-0000-000000000000";
  constexpr std::size_t kIdMax = 200;
  return text.size() <= kIdMax && text != kNone &&
         std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::vector<std::string> ids_in(const json::value& value) {
  if (value.is_object()) return ids_in(json::value(json_string(value, "id")));
  if (!value.is_string()) return {};
  const std::string text(value.get_string());
  if (text.find(' ') == text.npos) {
    const std::string id = text.substr(text.rfind('/') + 1);  // npos + 1 is 0
    return is_id(id) ? std::vector{id} : std::vector<std::string>{};
  }
  static const re2::RE2 kGuid("([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})");
  std::vector<std::string> out;
  re2::StringPiece rest(text);
  for (std::string id; re2::RE2::FindAndConsume(&rest, kGuid, &id);)
    if (is_id(id)) out.push_back(id);
  return out;
}

}  // namespace

std::set<ReferenceValue> reference_values(const Contract& contract, const json::value& object) {
  std::set<ReferenceValue> out;
  for (const Reference& reference : contract.references) {
    if (reference.note.starts_with("by appId")) continue;
    Found found;
    find_at(object, reference.property, found);
    for (const json::value* value : found)
      for (std::string& id : ids_in(*value)) out.insert({reference.property, std::move(id)});
  }
  return out;
}

}  // namespace ta::graph
