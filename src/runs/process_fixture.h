// For tests of several processes on one database: the engine of another one, with its own connections and its own feed.
#pragma once
#include "runs/engine_fixture.h"

namespace ta::runs {

struct OtherProcess {
  OtherProcess(const std::string& url, const Catalog& catalog, const Clock& clock,
               storage::DatabaseOptions database = {}, QueueOptions options = {})
      : connection(testing::open_database(url, database)),
        clock(clock),
        feed(*connection),
        service(*connection, catalog, clock, feed, metrics),
        queue(*connection, service, clock, *random, feed, options) {}

  Worker worker(WorkerOptions options) { return Worker(queue, service, clock, *random, feed, std::move(options)); }

  std::unique_ptr<storage::Database> connection;
  const Clock& clock;
  std::unique_ptr<Random> random = seeded_random(11);
  ChangeFeed feed;
  Metrics metrics;
  RunService service;
  JobQueue queue;
};

}  // namespace ta::runs
