// A run as the API shows it: what the ledger says, and `waiting` while no worker holds it. One that is asked for by its
// number also has its `attempts`, each with its own times.
#pragma once
#include "host/host.h"

namespace ta::monitoring {

json::object run_json(const runs::Run& run, const std::optional<runs::Wait>& wait);
// Reads why the run waits, with its place. Throws FailureError when the database cannot be reached.
json::object run_json(Host& host, const runs::Run& run);
json::object run_json(Host& host, const runs::RunDetail& detail);

}  // namespace ta::monitoring
