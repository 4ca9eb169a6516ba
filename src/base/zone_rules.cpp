#include "base/zone_rules.h"

#include <cctz/time_zone.h>
#include <cctz/zone_info_source.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "base/digest.h"
#include "base/log.h"

namespace ta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "TZif";
constexpr std::string_view kOwnNames = "content/";  // of zones that are loaded from bytes
constexpr std::size_t kFileMax = 1 << 20;

// The bytes that the library reads while this thread loads a zone from them.
thread_local const std::string* loading = nullptr;

class BytesSource : public cctz::ZoneInfoSource {
 public:
  explicit BytesSource(const std::string& bytes) : bytes_(bytes) {}
  std::size_t Read(void* to, std::size_t size) override {
    size = std::min(size, bytes_.size() - at_);
    std::memcpy(to, bytes_.data() + at_, size);
    at_ += size;
    return size;
  }
  int Skip(std::size_t offset) override {
    if (offset > bytes_.size() - at_) return -1;
    at_ += offset;
    return 0;
  }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

std::string folder() {
  const char* const set = std::getenv("TZDIR");
  return set && *set ? set : "/usr/share/zoneinfo";
}

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() == '/' || name.find("..") != name.npos) return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == name.npos;
}

// What tells a file's contents apart without reading it.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  timespec changed{};
  bool operator==(const Stamp& other) const {
    return inode == other.inode && size == other.size && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};

std::optional<Stamp> stamp_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return Stamp{found.st_ino, found.st_size, found.st_mtim};
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

// The name that tzdata gives to what was called `name`: a line "L Europe/Kyiv Europe/Kiev" of its list of links.
std::string linked_name(std::string_view name) {
  std::ifstream in(folder() + "/tzdata.zi");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("L ")) continue;
    const auto blank = line.find(' ', 2);
    if (blank != line.npos && std::string_view(line).substr(blank + 1) == name) return line.substr(2, blank - 2);
  }
  return {};
}

// The last line of a file: the rule from its last written change on, such as "CET-1CEST,M3.5.0,M10.5.0/3".
std::string_view rule_of(std::string_view bytes) {
  if (!bytes.ends_with('\n')) return {};
  bytes.remove_suffix(1);
  return bytes.substr(bytes.rfind('\n') + 1);
}

// The library leaves a rule out that it does not understand, or that follows on too little, with a remark only: clocks
// would stay as they were at the last written change.
bool follows_rule(const cctz::time_zone& zone, std::string_view rule) {
  const bool worded = !rule.empty() && (rule.front() == '<' || std::isalpha(static_cast<unsigned char>(rule.front())));
  if (!worded || rule.find_first_of("0123456789") == rule.npos) return false;
  constexpr std::chrono::sys_days kFarAway{std::chrono::year{2100} / 1 / 1};
  cctz::time_zone::civil_transition change;
  const bool changes = zone.next_transition(std::chrono::sys_seconds(kFarAway), &change);
  return changes == (rule.find(',') != rule.npos);
}

// Why bytes are no zone that can be used; nullopt and the zone otherwise.
std::optional<std::string> read_zone(const std::string& bytes, cctz::time_zone& zone) {
  if (bytes.empty()) return "it cannot be read";
  if (bytes.size() > kFileMax || !bytes.starts_with(kMagic)) return "it is no time zone file";
  if (bytes.size() < 44 || bytes[kMagic.size()] < '2') return "it is cut off, or too old to say anything after 2037";
  loading = &bytes;
  const bool read = cctz::load_time_zone(std::string(kOwnNames) + sha256_hex(bytes), &zone);
  loading = nullptr;
  if (!read) return "it is damaged or cut off";
  if (!follows_rule(zone, rule_of(bytes))) return "its rule for the coming years is missing or cannot be used";
  return std::nullopt;
}

Timestamp bounded(cctz::time_point<cctz::seconds> time) {
  constexpr auto kMin = std::chrono::floor<std::chrono::seconds>(Timestamp::min()) + std::chrono::days{2};
  constexpr auto kMax = std::chrono::floor<std::chrono::seconds>(Timestamp::max()) - std::chrono::days{2};
  return std::clamp<std::chrono::sys_seconds>(time, kMin, kMax);
}

}  // namespace

struct ZoneRules::Rules {
  cctz::time_zone zone;
};

namespace {

struct Known {
  Stamp stamp;
  cctz::time_zone zone;
};

// What was read so far, by name.
class Cache {
 public:
  // The zone of that file, or why there is none.
  tl::expected<cctz::time_zone, std::string> find(const std::string& name) {
    const std::string path = folder() + "/" + name;
    const std::lock_guard lock(mutex_);
    const auto stamp = stamp_of(path);
    const auto known = known_.find(path);
    if (known != known_.end() && stamp == known->second.stamp) return known->second.zone;
    cctz::time_zone zone;
    const auto problem = stamp ? read_zone(read_file(path), zone) : std::optional<std::string>("it does not exist");
    if (!problem) {
      known_.insert_or_assign(path, Known{*stamp, zone});
      complained_.erase(path);
      return zone;
    }
    if (known == known_.end()) return tl::make_unexpected(*problem);
    if (std::exchange(complained_[path], *problem) != *problem)
      log::error("zone.kept", {{"zone", name}, {"file", path}, {"problem", *problem}});
    return known->second.zone;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Known> known_;
  std::map<std::string, std::string> complained_;
};

}  // namespace

ZoneRules::ZoneRules() : ZoneRules("UTC", "", std::make_shared<const Rules>(Rules{cctz::utc_time_zone()})) {}

ZoneRules::ZoneRules(std::string name, std::string successor, std::shared_ptr<const Rules> rules)
    : name_(std::move(name)), successor_(std::move(successor)), rules_(std::move(rules)) {}

Result<ZoneRules> ZoneRules::load(std::string_view name) {
  static auto* const cache = new Cache;
  if (name == "UTC") return ZoneRules();
  const std::string wanted(name);
  const auto unknown = [&] {
    return fail(FailureCode::schedule_zone_unreadable,
                fmt::format("There is no time zone {}. Enter one such as Europe/Berlin.", name));
  };
  if (!is_zone_name(name)) return unknown();
  const auto found = cache->find(wanted);
  if (found) return ZoneRules(wanted, "", std::make_shared<const Rules>(Rules{*found}));
  const std::string successor = linked_name(name);
  if (const auto other = is_zone_name(successor) ? cache->find(successor) : found)
    return ZoneRules(wanted, successor, std::make_shared<const Rules>(Rules{*other}));
  const std::string path = folder() + "/" + wanted;
  if (!successor.empty())
    return fail(FailureCode::schedule_zone_unreadable,
                fmt::format("This system has no time zone {}; it is called {} now, and that cannot be read either. "
                            "Install the system's time zone data (tzdata).",
                            name, successor));
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return unknown();
  return fail(FailureCode::schedule_zone_unreadable,
              fmt::format("The file {} of the time zone {} cannot be used: {}. Install the system's time zone data "
                          "(tzdata) again.",
                          path, name, found.error()));
}

std::vector<std::string> ZoneRules::names() {
  std::vector<std::string> names{"UTC"};
  std::error_code ignored;
  const fs::path top = folder();
  for (fs::recursive_directory_iterator at(top, ignored), end; at != end; at.increment(ignored)) {
    const std::string name = at->path().lexically_relative(top).string();
    if (at->is_directory(ignored) && (name == "posix" || name == "right")) at.disable_recursion_pending();
    if (name.find('/') == name.npos || !is_zone_name(name) || !at->is_regular_file(ignored)) continue;
    std::ifstream in(at->path(), std::ios::binary);
    char magic[4] = {};
    if (in.read(magic, sizeof magic) && kMagic == std::string_view(magic, sizeof magic)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

ZoneRules::Span ZoneRules::at(Timestamp time) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const cctz::time_zone& zone = rules_->zone;
  const auto here = zone.lookup(seconds);
  Span span{Timestamp::min(), Timestamp::max(), std::chrono::seconds{here.offset}, here.abbr};
  cctz::time_zone::civil_transition change;
  if (zone.prev_transition(seconds + std::chrono::seconds{1}, &change))
    span.begin = bounded(zone.lookup(change.to).trans);
  if (zone.next_transition(seconds, &change)) span.end = bounded(zone.lookup(change.to).trans);
  return span;
}

LocalTime ZoneRules::local(Timestamp time) const {
  const auto offset = rules_->zone.lookup(std::chrono::floor<std::chrono::seconds>(time)).offset;
  return LocalTime(time.time_since_epoch() + std::chrono::seconds{offset});
}

Timestamp ZoneRules::instant_of(LocalTime local) const {
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(local - day);
  const cctz::civil_second civil =
      cctz::civil_second(int(date.year()), unsigned(date.month()), unsigned(date.day())) + seconds.count();
  const auto found = rules_->zone.lookup(civil);
  if (found.kind == cctz::time_zone::civil_lookup::SKIPPED) return bounded(found.trans);
  return bounded(found.pre) + (local - day - seconds);
}

}  // namespace ta

namespace cctz_extension {
namespace {

std::unique_ptr<cctz::ZoneInfoSource> from_bytes(
    const std::string& name,
    const std::function<std::unique_ptr<cctz::ZoneInfoSource>(const std::string&)>& otherwise) {
  if (ta::loading && name.starts_with(ta::kOwnNames)) return std::make_unique<ta::BytesSource>(*ta::loading);
  return otherwise(name);
}

}  // namespace

ZoneInfoSourceFactory zone_info_source_factory = from_bytes;

}  // namespace cctz_extension
