#include "simulator/graph_path.h"

#include <cctype>

#include "simulator/odata_filter.h"

namespace ta::simulator {
namespace {

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// "groups('1')" → "groups", "1"
std::vector<std::string> keys_as_segments(std::string_view path) {
  std::vector<std::string> segments;
  for (const std::string& segment : split_path(path)) {
    const std::size_t open = segment.find("('");
    if (segment.empty()) continue;
    if (open == std::string::npos || !segment.ends_with("')")) {
      segments.push_back(segment);
      continue;
    }
    segments.push_back(segment.substr(0, open));
    segments.push_back(segment.substr(open + 2, segment.size() - open - 4));
  }
  return segments;
}

// How many of the set's segments the path begins with; 0 when they differ before the set's end.
std::size_t matched(const std::vector<std::string>& segments, std::string_view set_path) {
  const auto wanted = split_path(set_path);
  if (segments.size() < wanted.size()) return 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!same(segments[i], wanted[i])) return 0;
  return wanted.size();
}

}  // namespace

std::optional<GraphPath> parse_graph_path(std::string_view path) {
  GraphPath found;
  if (path.starts_with("/beta/"))
    found.beta = true;
  else if (!path.starts_with("/v1.0/"))
    return std::nullopt;
  found.below_version = path.substr(6);
  std::vector<std::string> segments = keys_as_segments(found.below_version);
  for (const EntitySet& set : entity_sets()) {
    const std::size_t count = matched(segments, set.path);
    if (count == 0 || (!found.beta && !set.in_v1)) continue;
    found.set = &set;
    segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(count));
    found.rest = std::move(segments);
    break;
  }
  return found;
}

std::string unknown_segment(const GraphPath& path) {
  const auto segments = keys_as_segments(path.below_version);
  const auto known = [&](std::size_t depth) {
    return std::any_of(entity_sets().begin(), entity_sets().end(), [&](const EntitySet& set) {
      const auto wanted = split_path(set.path);
      return wanted.size() > depth &&
             std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(depth) + 1, segments.begin(),
                        same) &&
             wanted.size() != depth + 1;
    });
  };
  std::size_t depth = 0;
  while (depth + 1 < segments.size() && known(depth)) ++depth;
  return segments.empty() ? std::string() : segments[depth];
}

}  // namespace ta::simulator
