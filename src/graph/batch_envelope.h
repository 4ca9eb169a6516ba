// The text of Graph's $batch: many requests in one. Nothing here sends.
#pragma once
#include <map>
#include <span>
#include <string>

#include "base/failure.h"
#include "graph/graph_request.h"

namespace ta::graph {

inline constexpr std::size_t kBatchPartsMax = 20;
inline constexpr std::size_t kBatchBytesMax = 3 << 20;  // Graph takes no more than 4 MB

struct BatchPart {
  std::string id;
  const GraphRequest* request = nullptr;
  std::vector<std::string> depends_on;
};

// "/beta" of "/beta/deviceManagement/…": parts of one batch share it.
std::string_view version_of(std::string_view target);
json::object batch_body(std::span<const BatchPart> parts);

// The parts' answers by id, in whatever order they came and whether ids are texts or numbers. What cannot be understood
// is left out; so a missing part shows. Fails when it is no batch's answer at all.
Result<std::map<std::string, GraphAnswer>> read_batch(json::value body);
// About how many bytes `value` took in the answer that it came in.
std::size_t size_of(const json::value& value);

}  // namespace ta::graph
