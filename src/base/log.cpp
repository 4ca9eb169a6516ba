#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/secrets.h"
#include "base/utf8.h"

namespace ta::log {
namespace {

spdlog::logger& logger() {
  static auto* const instance = [] {
    auto* made = new std::shared_ptr<spdlog::logger>(
        std::make_shared<spdlog::logger>("ta", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
    (*made)->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
    (*made)->set_level(spdlog::level::info);
    return made;
  }();
  return **instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

// One line of UTF-8 without anything that a terminal obeys: what is logged may come from outside.
std::string quoted(const std::string& value) {
  const std::string line = without_control_characters(valid_utf8(value));
  if (!line.empty() && line.find_first_of(" \"=") == line.npos) return line;
  std::string out = "\"";
  for (const char c : line) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

bool enabled(Level level) { return logger().should_log(to_spdlog(level)); }

Level level_from(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name == "warn") return Level::warn;
  if (name == "error") return Level::error;
  return name == "off" ? Level::off : Level::info;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  std::string line(event);
  for (const Field& field : fields)
    line += fmt::format(" {}={}", field.key, field.number ? field.value : quoted(redact(field.value)));
  logger().log(to_spdlog(level), line);
}

}  // namespace ta::log
