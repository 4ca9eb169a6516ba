#include "base/secrets.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <deque>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/digest.h"

namespace ta {
namespace {

struct Rule {
  Rule(const std::string& regex, std::string with) : pattern(regex, RE2::Quiet), replacement(std::move(with)) {}
  RE2 pattern;
  std::string replacement;
};

// Names whose value is a secret, in the spellings seen in headers, forms, JSON, URLs and connection strings.
constexpr const char* kSecretNames =
    R"((?:client[_-]?secret|client[_-]?assertion|secret(?:[_-]?(?:text|value|key))?|pass(?:word|wd|phrase)?|pwd)"
    R"(|(?:access|refresh|id|auth|session|bearer|sas|api|csrf)?[_-]?token|(?:api|account|access|private|shared[_-]?access)[_-]?key)"
    R"(|code[_-]?verifier|device[_-]?code|connection[_-]?string|sig(?:nature)?|credentials?))";

const std::deque<Rule>& rules() {
  static const std::deque<Rule>* const all = [] {
    auto* list = new std::deque<Rule>;  // a deque, because RE2 does not move
    const auto add = [list](const std::string& regex, std::string with) { list->emplace_back(regex, std::move(with)); };
    const std::string gone{kRedacted};
    add(R"((?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z))", gone);
    add(R"((?i)((?:proxy-)?authorization|set-cookie|cookie|x-api-key)(\\?["']?\s*[:=]\s*)[^\r\n]+)", R"(\1\2)" + gone);
    add(R"((?i)\b(bearer|basic|negotiate|digest)\s+[A-Za-z0-9+/_~.=\-]{6,})", R"(\1 )" + gone);
    add(R"(eyJ[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,4})", gone);
    add(R"((?i)([a-z][a-z0-9+.\-]*://)[^\s/@"'<>]+@)", R"(\1)" + gone + "@");
    add(std::string(R"((?i)()") + kSecretNames +
            R"()(\\?["']?\s*(?:=>|[:=]|%3[ad])\s*)(\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'|[^\s&,;"'<>}\])]+))",
        R"(\1\2)" + gone);
    add(R"([A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{20,})", gone);  // Entra client secrets
    add(R"([A-Za-z0-9+_~\-]{48,}={0,2})", gone);                      // long random-looking words
    return list;
  }();
  return *all;
}

class KnownSecrets {
 public:
  void add(std::string_view secret) {
    const std::unique_lock lock(mutex_);
    for (std::string& spelling : spellings(secret))
      if (std::find(known_.begin(), known_.end(), spelling) == known_.end()) known_.push_back(std::move(spelling));
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
  static constexpr std::size_t kKept = 3000;

  static std::vector<std::string> spellings(std::string_view secret) {
    std::string percent;
    for (const unsigned char c : secret)
      percent += std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~' ? std::string(1, char(c))
                                                                                 : fmt::format("%{:02X}", c);
    std::vector<std::string> all{std::string(secret), base64(secret), base64url(secret)};
    if (percent != secret) all.push_back(percent);
    return all;
  }

  mutable std::shared_mutex mutex_;
  std::deque<std::string> known_;
};

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
  return out;
}

std::string sanitise_message(std::string_view text, std::size_t bytes_max) {
  std::string out = redact(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  if (out.size() <= bytes_max) return out;
  std::size_t cut = bytes_max - std::min<std::size_t>(bytes_max, 3);
  while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;
  return out.substr(0, cut) + "…";
}

}  // namespace ta
