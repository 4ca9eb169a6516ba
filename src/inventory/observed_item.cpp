#include "inventory/observed_item.h"

#include <cctype>

#include "base/digest.h"
#include "base/secrets.h"
#include "base/utf8.h"

namespace ta::inventory {
namespace {

constexpr std::size_t kNameMax = 400;
constexpr std::size_t kDescriptionMax = 300;
constexpr std::size_t kIdMax = 400;  // PostgreSQL refuses keys of some 2,700 bytes

// Looked for in this order: "macOS" also contains "os", and "ios" is part of other words.
constexpr std::pair<std::string_view, std::string_view> kPlatformHints[] = {
    {"windows", "windows"}, {"macos", "macos"}, {"android", "android"}, {"aosp", "android"},
    {"ios", "ios"},         {"linux", "linux"}, {"win32", "windows"},   {"ipad", "ios"}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string hinted_platform(std::string_view text) {
  const std::string low = lower(text);
  for (const auto& [hint, platform] : kPlatformHints)
    if (low.find(hint) != low.npos) return std::string(platform);
  return {};
}

// The object's own word first, then its kind, then the type's only platform.
std::string platform_of(const graph::Contract& contract, const json::value& object) {
  for (const char* source : {"platforms", "platform", "@odata.type"})
    if (std::string found = hinted_platform(json_string(object, source)); !found.empty()) return found;
  return contract.platforms.size() == 1 ? lower(contract.platforms.front()) : std::string();
}

json::object meta_of(const json::value& object) {
  json::object meta;
  const auto keep = [&](std::string_view from, std::string_view to) {
    if (const std::string text = json_string(object, from); !text.empty())
      meta[to] = sanitise_message(text, kDescriptionMax);
  };
  keep("@odata.type", "kind");
  keep("description", "description");
  keep("createdDateTime", "created_at");
  keep("lastModifiedDateTime", "modified_at");
  for (const char* tags : {"roleScopeTagIds", "roleScopeTags"})
    if (const json::value* found = json_find(object, tags); found && found->is_array()) meta["scope_tags"] = *found;
  return meta;
}

// An id of any length, as a key of bounded length that is still this object's alone.
std::string bounded_id(std::string id) {
  if (id.size() <= kIdMax) return id;
  return fmt::format("{}…{}", cut_utf8(id, kIdMax), sha256_hex(id));
}

}  // namespace

ObservedItem observed_item(const graph::Contract& contract, const json::value& object) {
  return {bounded_id(clean_text(graph::object_id(contract, object))),
          std::string(cut_utf8(clean_text(graph::object_name(contract, object)), kNameMax)),
          platform_of(contract, object), meta_of(object), graph::reference_values(contract, object)};
}

}  // namespace ta::inventory
