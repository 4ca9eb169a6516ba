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

// iPadOS counts as iOS: profiles and apps are for both. Empty for a word that names no platform.
std::string folded_platform(std::string_view word) {
  const std::string low = lower(word);
  if (low == "mac") return "macos";  // as platformType spells them
  if (low == "allplatforms") return "all";
  if (low == "none" || low.starts_with("unknown")) return {};
  const std::string hinted = hinted_platform(low);
  return hinted.empty() ? low : hinted;
}

// Of a type for one platform only.
std::string platform_of_type(const graph::Contract& contract) {
  std::set<std::string> platforms;
  for (const std::string& platform : contract.platforms) platforms.insert(folded_platform(platform));
  return platforms.size() == 1 ? *platforms.begin() : std::string();
}

// The object's own word first, then its kind, then the type's only platform.
std::string platform_of(const graph::Contract& contract, const json::value& object) {
  if (!contract.platform_property.empty())
    if (const std::string word = json_string(object, contract.platform_property); !word.empty())
      return folded_platform(word);
  for (const char* source : {"platforms", "platform"})
    if (std::string found = hinted_platform(json_string(object, source)); !found.empty()) return found;
  const std::string kind = json_string(object, "@odata.type");
  for (const graph::KindPlatform& known : contract.platform_kinds)
    if (kind.ends_with("." + known.kind)) return folded_platform(known.platform);
  const std::string hinted = hinted_platform(kind);
  return hinted.empty() ? platform_of_type(contract) : hinted;
}

json::object meta_of(const json::value& object, TenantId tenant) {
  json::object meta;
  const auto keep = [&](std::string_view from, std::string_view to) {
    if (const std::string text = json_string(object, from); !text.empty())
      meta[to] = sanitise_message(text, tenant, kDescriptionMax);
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

ObservedItem observed_item(const graph::Contract& contract, const json::value& object, TenantId tenant) {
  return {bounded_id(clean_text(graph::object_id(contract, object))),
          std::string(cut_utf8(clean_text(graph::object_name(contract, object)), kNameMax)),
          platform_of(contract, object), meta_of(object, tenant), graph::reference_values(contract, object)};
}

}  // namespace ta::inventory
