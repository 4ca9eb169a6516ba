#include "graph/timer.h"

#include "http/client.h"

namespace ta::graph {

void ClientTimer::after(std::chrono::milliseconds delay, std::function<void()> task) {
  client_.after(delay, std::move(task));
}

}  // namespace ta::graph
