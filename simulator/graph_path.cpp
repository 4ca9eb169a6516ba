#include "simulator/graph_path.h"

#include <algorithm>
#include <cctype>

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

// How many segments the two begin with in common.
std::size_t common(const std::vector<std::string>& segments, const std::vector<std::string>& wanted) {
  std::size_t count = 0;
  while (count < segments.size() && count < wanted.size() && same(segments[count], wanted[count])) ++count;
  return count;
}

// Takes the set when its path is the longest so far that the request's path begins with.
void consider(GraphPath& found, std::size_t& longest, const EntitySet& set, const std::vector<std::string>& segments) {
  for (const Alias& alias : set.paths) {
    if (!(found.beta ? alias.in_beta : alias.in_v1) || alias.segments.size() <= longest) continue;
    if (common(segments, alias.segments) < alias.segments.size()) continue;
    longest = alias.segments.size();
    found.set = &set;
    found.set_path = alias.path;
  }
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
  std::size_t longest = 0;
  for (const EntitySet& set : entity_sets()) consider(found, longest, set, segments);
  if (found.set) {
    segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(longest));
    found.rest = std::move(segments);
  }
  return found;
}

// The part of the path that some set shares is known, the next segment is not.
std::string unknown_segment(const GraphPath& path) {
  const auto segments = keys_as_segments(path.below_version);
  std::size_t depth = 0;
  for (const EntitySet& set : entity_sets())
    for (const Alias& alias : set.paths)
      depth = std::max(depth, std::min(common(segments, alias.segments), alias.segments.size() - 1));
  return segments.empty() ? std::string() : segments[std::min(depth, segments.size() - 1)];
}

}  // namespace ta::simulator
