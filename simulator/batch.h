// JSON batching: POST /{version}/$batch.
#pragma once
#include <functional>

#include "base/random.h"
#include "http/message.h"

namespace ta::simulator {

// Answers each part with `answer`; the parts come back in any order. A part whose dependency failed gets 424.
// Throws GraphError 400 for a batch that Graph refuses as a whole: more than 20 parts, ids that repeat, no JSON …
http::Response answer_batch(const http::Request& request, Random& random,
                            const std::function<http::Response(http::Request&)>& answer);

}  // namespace ta::simulator
