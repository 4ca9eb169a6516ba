#include "base/known_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>

#include "base/digest.h"
#include "base/json.h"
#include "base/secrets.h"
#include "base/utf8.h"

namespace ta {
namespace {

constexpr std::size_t kBytesMin = 8;  // of a secret, and of what is left of one that was cut off
constexpr std::size_t kLastingOfOneTenant = 100, kPassingOfOneTenant = 8, kPassingOfAll = 1'000;
constexpr std::size_t kLong = 16 << 10;  // a chain of certificates; a dozen spellings of it are not worth the memory
constexpr std::string_view kCutMark = "…";

std::uint64_t beginning_of(const char* text) {
  std::uint64_t out = 0;
  std::memcpy(&out, text, sizeof out);
  return out;
}

std::size_t pair_of(const char* text) {
  return static_cast<std::size_t>(static_cast<unsigned char>(text[0])) << 8 | static_cast<unsigned char>(text[1]);
}

std::string percent_encoded(std::string_view text, bool upper, std::string_view blank) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~')
      out += static_cast<char>(c);
    else if (c == ' ')
      out += blank;
    else
      out += upper ? fmt::format("%{:02X}", c) : fmt::format("%{:02x}", c);
  }
  return out;
}

std::string json_escaped(std::string_view text, bool slashes) {
  std::string out = json::serialize(json::string_view(text));
  for (std::size_t at = out.find('/'); slashes && at != out.npos; at = out.find('/', at + 2)) out.insert(at, 1, '\\');
  return out.substr(1, out.size() - 2);
}

// Of text that is UTF-8.
std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> out;
  for (const unsigned char c : valid_utf8(text)) {
    if ((c & 0xC0) == 0x80)
      out.back() = out.back() << 6 | (c & 0x3F);
    else
      out.push_back(c < 0x80 ? c : c < 0xE0 ? c & 0x1F : c < 0xF0 ? c & 0x0F : c & 0x07);
  }
  return out;
}

// As JSON writers do that keep to ASCII: "\u00e9"; those that are careful with HTML escape its characters alike.
std::string json_ascii(std::string_view text, std::string_view also, bool upper) {
  std::string out;
  const auto unit = [&](unsigned value) {
    out += upper ? fmt::format("\\u{:04X}", value) : fmt::format("\\u{:04x}", value);
  };
  for (const char32_t c : code_points(text)) {
    if (c < 0x80 && also.find(static_cast<char>(c)) == also.npos) {
      const auto one = static_cast<char>(c);
      out += json_escaped({&one, 1}, false);
    } else if (c < 0x10000) {
      unit(static_cast<unsigned>(c));
    } else {
      unit(0xD800 + static_cast<unsigned>((c - 0x10000) >> 10));
      unit(0xDC00 + static_cast<unsigned>((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string html_escaped(std::string_view text, std::string_view quote, std::string_view apostrophe) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += quote; break;
      case '\'': out += apostrophe; break;
      default: out += c;
    }
  }
  return out;
}

std::set<std::string> spellings_of(std::string_view secret) {
  if (secret.size() > kLong) return {std::string(secret), json_escaped(secret, false)};
  std::set<std::string> out{std::string(secret),
                            base64(secret),
                            base64url(secret),
                            hex(secret),
                            percent_encoded(secret, true, "%20"),
                            percent_encoded(secret, false, "%20"),
                            percent_encoded(secret, true, "+"),
                            percent_encoded(secret, false, "+"),
                            json_escaped(secret, false),
                            json_escaped(secret, true),
                            html_escaped(secret, "&quot;", "&#39;"),
                            html_escaped(secret, "&quot;", "&#x27;"),
                            html_escaped(secret, "&quot;", "&apos;"),
                            html_escaped(secret, "&#34;", "&#39;"),
                            html_escaped(secret, "\"", "'")};
  for (const bool upper : {false, true})
    for (const std::string_view also : {"", "<>&'", "<>&'+\"", "<>&'+\"`/"})
      out.insert(json_ascii(secret, also, upper));
  return out;
}

// What is left of a secret that the text was cut in.
bool cut_at(std::string_view text, std::size_t at) {
  return at == text.size() || text.substr(at).starts_with(kCutMark);
}

}  // namespace

KnownSecrets::Shelf& KnownSecrets::shelf(TenantId owner, Kind kind) {
  return kind == Kind::lasting ? lasting_[owner] : passing_[owner];
}

void KnownSecrets::add(std::string_view secret, TenantId owner, Kind kind) {
  if (secret.size() < kBytesMin) return;
  const std::unique_lock lock(mutex_);
  Shelf& own = shelf(owner, kind);
  if (std::ranges::any_of(own, [&](const Held& held) { return held.secret == secret; })) return;
  Held& held = own.emplace_back(Held{std::string(secret), owner, {}});
  for (const std::string& text : spellings_of(secret)) held.spellings.push_back({owner, text});
  index(held);
  if (kind == Kind::lasting) {
    if (owner && own.size() > kLastingOfOneTenant) forget_first(own);
    return;
  }
  passing_order_.push_back(owner);
  if (own.size() <= kPassingOfOneTenant && passing_order_.size() <= kPassingOfAll) return;
  const TenantId whose = own.size() > kPassingOfOneTenant ? owner : passing_order_.front();
  passing_order_.erase(std::ranges::find(passing_order_, whose));
  forget_first(passing_[whose]);
}

void KnownSecrets::index(const Held& held) {
  for (const Spelling& spelling : held.spellings) {
    by_beginning_[beginning_of(spelling.text.data())].push_back(&spelling);
    first_two_.set(pair_of(spelling.text.data()));
  }
}

void KnownSecrets::forget_first(Shelf& shelf) {
  for (const Spelling& spelling : shelf.front().spellings) {
    const auto bucket = by_beginning_.find(beginning_of(spelling.text.data()));
    std::erase(bucket->second, &spelling);
    if (bucket->second.empty()) by_beginning_.erase(bucket);
  }
  shelf.pop_front();
}

// How many bytes from `at` on are a secret, or what is left of one; 0 for none.
std::size_t KnownSecrets::length_at(std::string_view text, std::size_t at, std::optional<TenantId> tenant) const {
  const auto bucket = by_beginning_.find(beginning_of(text.data() + at));
  if (bucket == by_beginning_.end()) return 0;
  std::size_t longest = 0;
  for (const Spelling* spelling : bucket->second) {
    if (tenant && spelling->owner && spelling->owner != *tenant) continue;
    const std::string_view known = spelling->text, here = text.substr(at, known.size());
    const auto same = static_cast<std::size_t>(std::ranges::mismatch(known, here).in1 - known.begin());
    if (same == known.size() || (same >= kBytesMin && cut_at(text, at + same))) longest = std::max(longest, same);
  }
  return longest;
}

std::string KnownSecrets::remove_from(std::string_view text, std::optional<TenantId> tenant) const {
  const std::shared_lock lock(mutex_);
  std::string out;
  std::size_t kept = 0;
  for (std::size_t at = 0; at + kBytesMin <= text.size();) {
    const std::size_t length = first_two_[pair_of(text.data() + at)] ? length_at(text, at, tenant) : 0;
    if (length == 0) {
      ++at;
      continue;
    }
    out.append(text, kept, at - kept).append(kRedacted);
    kept = at += length;
  }
  return out.append(text.substr(kept));
}

}  // namespace ta
