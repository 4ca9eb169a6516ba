// What features plug into: the services of one process, and where they register. Made once at start-up by the
// composition root; it and everything it refers to outlive every handler and every run.
#pragma once
#include "access/sign_in.h"
#include "base/random.h"
#include "http/router.h"
#include "runs/change_feed.h"
#include "runs/run_reader.h"
#include "runs/run_service.h"
#include "runs/waiting.h"
#include "web/site.h"

namespace ta {

struct Host {
  storage::Database& database;
  const Clock& clock;
  Random& random;
  access::SignIn& sign_in;
  runs::Catalog& catalog;  // features add their operation types (runs/operation.h)
  runs::ChangeFeed& feed;
  runs::RunService& runs;
  runs::RunReader& reader;
  runs::WaitReasons& waits;
  http::Router& router;  // features add their API …
  web::Site& site;       // … and their pages
};

}  // namespace ta
