#include "base/secrets.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <deque>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"

namespace ta {
namespace {

struct Rule {
  Rule(const std::string& regex, std::string with) : pattern(regex, options()), replacement(std::move(with)) {}
  // Bytes, not characters: text that is broken UTF-8 must not hide a secret.
  static RE2::Options options() {
    RE2::Options wanted(RE2::Quiet);
    wanted.set_encoding(RE2::Options::EncodingLatin1);
    return wanted;
  }
  RE2 pattern;
  std::string replacement;
};

// Names whose value is a secret, in the spellings seen in headers, forms, JSON, URLs and connection strings.
constexpr const char* kSecretNames =
    R"((?i)((?:client[_-]?secret|client[_-]?assertion|secret(?:[_-]?(?:text|value|key))?|pass(?:word|wd|phrase)?|pwd)"
    R"(|(?:access|refresh|id|auth|session|bearer|sas|api|csrf)?[_-]?token)"
    R"(|(?:api|account|access|private|shared[_-]?access)[_-]?key)"
    R"(|code[_-]?verifier|device[_-]?code|connection[_-]?string|sig(?:nature)?|credentials?)))";
// What stands between such a name and its value.
constexpr const char* kSeparator = R"((\\*["']?\s*(?:=>|[:=>]|%3[ad])\s*))";

const std::deque<Rule>& rules() {
  static const std::deque<Rule>* const all = [] {
    auto* list = new std::deque<Rule>;  // a deque, because RE2 does not move
    const auto add = [list](const std::string& regex, std::string with) { list->emplace_back(regex, std::move(with)); };
    const std::string gone{kRedacted};
    const std::string named = std::string(kSecretNames) + kSeparator;
    add(R"((?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z))", gone);
    add(R"((?i)((?:proxy-)?authorization|set-cookie|cookie|x-api-key)(\\?["']?\s*[:=]\s*)[^\r\n]+)", R"(\1\2)" + gone);
    // Of purely small letters only long ones: "basic authentication" is no credential.
    add(R"(\b((?i:bearer|basic|negotiate|digest)\s+))"
        R"((?:[A-Za-z.\-][a-z.\-]*[A-Z0-9+/_~=][A-Za-z0-9+/_~.=\-]*|[a-z.\-]{20,}))",
        R"(\1)" + gone);
    add(R"(eyJ[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,4})", gone);
    add(R"((?i)([a-z][a-z0-9+.\-]*://)[^\s/"'<>]+@)", R"(\1)" + gone + "@");
    // user:password where the message was cut before the '@'; a port is digits only.
    add(R"((?i)([a-z][a-z0-9+.\-]*://[^\s/:@"'<>\[\]]+:)[0-9]*[a-z_~!$%^*+\-][^\s/@"'<>]*)", R"(\1)" + gone);
    // The closing quote may be missing: messages arrive cut off.
    add(named + R"((")(?:[^"\\\r\n]|\\.)*)", R"(\1\2\3)" + gone);
    add(named + R"((')(?:[^'\\\r\n]|\\.)*)", R"(\1\2\3)" + gone);
    add(named + R"((\\+["'])(?:[^"'\\\r\n]|\\\\\\?.)*)", R"(\1\2\3)" + gone);  // JSON inside JSON
    add(named + R"((?:\[redacted\]|[^\s&,;"'<>}\])\\]+))", R"(\1\2)" + gone);
    add(R"((?i)(--[a-z-]*(?:password|secret|token|key)\s+)[^\s]+)", R"(\1)" + gone);
    add(R"([A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{20,})", gone);  // Entra client secrets
    add(R"(\bta_[A-Za-z0-9_\-]{40,})", gone);                         // our own API tokens
    return list;
  }();
  return *all;
}

// Identifiers such as deviceManagementConfigurationChoiceSettingInstance are as long as keys, but made of words.
bool reads_like_words(std::string_view text) {
  std::size_t in_words = 0, run = 0, digits = 0;
  for (const char c : text) {
    run = c >= 'a' && c <= 'z' ? run + 1 : 0;
    in_words += run == 4 ? 4 : run > 4;
    digits += c >= '0' && c <= '9';
  }
  return in_words * 10 >= text.size() * 6 && digits * 10 <= text.size();
}

std::string without_random_words(std::string_view text) {
  static const Rule long_word(R"(([A-Za-z0-9+_~\-]{48,}={0,2}))", "");
  std::string out;
  re2::StringPiece rest(text), word;
  while (RE2::FindAndConsume(&rest, long_word.pattern, &word)) {
    out.append(text.data(), word.data() - text.data());
    out +=
        reads_like_words({word.data(), word.size()}) ? std::string(word.data(), word.size()) : std::string(kRedacted);
    text = {rest.data(), rest.size()};
  }
  return out.append(text);
}

class KnownSecrets {
 public:
  void add(std::string_view secret) {
    const std::unique_lock lock(mutex_);
    for (const std::string& spelling : spellings(secret))
      if (std::find(known_.begin(), known_.end(), spelling) == known_.end()) known_.push_back(spelling);
    while (known_.size() > kKept) known_.pop_front();
  }

  std::string remove_from(std::string_view text) const {
    const std::shared_lock lock(mutex_);
    std::string out(text);
    for (const std::string& secret : known_)
      for (std::size_t at = out.find(secret); at != out.npos; at = out.find(secret, at + kRedacted.size()))
        out.replace(at, secret.size(), kRedacted);
    return out;
  }

 private:
  static constexpr std::size_t kKept = 4000;

  static std::string percent_encoded(std::string_view text, bool upper, std::string_view blank) {
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

  static std::string json_escaped(std::string_view text, bool slashes) {
    std::string out = json::serialize(json::string_view(text));
    for (std::size_t at = out.find('/'); slashes && at != out.npos; at = out.find('/', at + 2)) out.insert(at, 1, '\\');
    return out.substr(1, out.size() - 2);
  }

  static std::set<std::string> spellings(std::string_view secret) {
    return {std::string(secret),
            base64(secret),
            base64url(secret),
            hex(secret),
            percent_encoded(secret, true, "%20"),
            percent_encoded(secret, false, "%20"),
            percent_encoded(secret, true, "+"),
            percent_encoded(secret, false, "+"),
            json_escaped(secret, false),
            json_escaped(secret, true)};
  }

  mutable std::shared_mutex mutex_;
  std::deque<std::string> known_;
};

constexpr std::string_view kCutMark = "…";

KnownSecrets& known_secrets() {
  static auto* const secrets = new KnownSecrets;
  return *secrets;
}

}  // namespace

void remember_secret(std::string_view secret) {
  if (secret.size() >= 8) known_secrets().add(secret);
}

std::string redact(std::string_view text) {
  std::string out = known_secrets().remove_from(text);
  for (const Rule& rule : rules()) RE2::GlobalReplace(&out, rule.pattern, rule.replacement);
  return without_random_words(out);
}

std::string sanitise_message(std::string_view text, std::size_t bytes_max) {
  const std::string out = without_control_characters(valid_utf8(redact(text)));
  if (out.size() <= bytes_max) return out;
  if (bytes_max < kCutMark.size()) return {};
  return std::string(cut_utf8(out, bytes_max - kCutMark.size())).append(kCutMark);
}

}  // namespace ta
