#include "base/secrets.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <deque>
#include <optional>

#include "base/known_secrets.h"
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

constexpr std::string_view kLongWord = R"([A-Za-z0-9+_~\-]{48,}={0,2})";

// Whether any rule can find anything. Most text holds nothing that looks like a secret, and one pass shows it.
bool looks_suspicious(std::string_view text) {
  static const RE2::Set* const all = [] {
    RE2::Options options = Rule::options();
    options.set_max_mem(32 << 20);
    auto* set = new RE2::Set(options, RE2::UNANCHORED);
    for (const Rule& rule : rules()) set->Add(rule.pattern.pattern(), nullptr);
    set->Add(kLongWord, nullptr);
    return set->Compile() ? set : nullptr;
  }();
  RE2::Set::ErrorInfo error{};
  // Out of memory is no answer.
  return !all || all->Match(text, nullptr, &error) || error.kind != RE2::Set::kNoError;
}

std::string without_random_words(std::string_view text) {
  static const Rule long_word("(" + std::string(kLongWord) + ")", "");
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

constexpr std::string_view kCutMark = "…";

KnownSecrets& known_secrets() {
  static auto* const secrets = new KnownSecrets;
  return *secrets;
}

std::string redact_for(std::string_view text, std::optional<TenantId> tenant) {
  std::string out = known_secrets().remove_from(text, tenant);
  if (!looks_suspicious(out)) return out;
  for (const Rule& rule : rules()) RE2::GlobalReplace(&out, rule.pattern, rule.replacement);
  return without_random_words(out);
}

std::string sanitised(const std::string& redacted, std::size_t bytes_max) {
  const std::string out = without_control_characters(valid_utf8(redacted));
  if (out.size() <= bytes_max) return out;
  if (bytes_max < kCutMark.size()) return {};
  return std::string(cut_utf8(out, bytes_max - kCutMark.size())).append(kCutMark);
}

}  // namespace

void remember_secret(std::string_view secret) { remember_secret(secret, TenantId{}); }

void remember_secret(std::string_view secret, TenantId tenant) {
  known_secrets().add(secret, tenant, KnownSecrets::Kind::lasting);
}

void remember_passing_secret(std::string_view secret, TenantId tenant) {
  known_secrets().add(secret, tenant, KnownSecrets::Kind::passing);
}

std::string redact(std::string_view text) { return redact_for(text, std::nullopt); }

std::string redact(std::string_view text, TenantId tenant) { return redact_for(text, tenant); }

std::string sanitise_message(std::string_view text, std::size_t bytes_max) {
  return sanitised(redact(text), bytes_max);
}

std::string sanitise_message(std::string_view text, TenantId tenant, std::size_t bytes_max) {
  return sanitised(redact(text, tenant), bytes_max);
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

}  // namespace ta
