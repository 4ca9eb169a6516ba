#include "runs/stored_text.h"

#include "base/utf8.h"

namespace ta::runs {
namespace {

bool is_storable(std::string_view text) { return text.find('\0') == text.npos && is_utf8(text); }

void make_storable(json::object& object) {
  bool names_are = true;
  for (auto& member : object) {
    runs::make_storable(member.value());
    names_are = names_are && is_storable(member.key());
  }
  if (names_are) return;
  json::object renamed;
  for (auto& member : object) renamed.insert_or_assign(clean_text(member.key()), std::move(member.value()));
  object = std::move(renamed);
}

}  // namespace

void make_storable(json::value& value) {
  if (value.is_string() && !is_storable(value.get_string())) value = clean_text(value.get_string());
  if (value.is_array())
    for (json::value& item : value.get_array()) make_storable(item);
  if (value.is_object()) make_storable(value.get_object());
}

}  // namespace ta::runs
