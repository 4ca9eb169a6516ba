// Reading Graph: lists, objects and their parts, as the entity sets declare them.
#pragma once
#include <string>

#include "http/message.h"
#include "simulator/graph_path.h"
#include "simulator/graph_render.h"
#include "simulator/principal.h"
#include "simulator/world.h"

namespace ta::simulator {

// Safe to use from several threads. Keeps references to what it is given.
class GraphService {
 public:
  // Pages have at most `page_size_max` objects; 0: as many as Microsoft's.
  GraphService(const World& world, const Clock& clock, std::size_t page_size_max = 0)
      : world_(world), clock_(clock), page_size_max_(page_size_max) {}

  // The answer's status, body and content type; ids and dates are the caller's. Throws GraphError.
  // `base_url` is how the client reached us, without a last slash.
  http::Response answer(const http::Request& request, const GraphPath& path, const Principal& principal,
                        const std::string& base_url) const;

 private:
  const World& world_;
  const Clock& clock_;
  const std::size_t page_size_max_;
};

}  // namespace ta::simulator
