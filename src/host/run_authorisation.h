// Whether who started a queued run may still run it: asked by the worker when an attempt begins. What runs already goes
// on, and so do the system's runs and those of schedules, whoever made these.
#pragma once
#include "runs/worker.h"

namespace ta {

// Refuses where the account is disabled or deleted, the membership gone, the role too low, or the API token that the
// start came with revoked or expired; the sentence says which. What is passed must outlive the worker.
runs::Authorise run_authorisation(storage::Database& database, const runs::Catalog& catalog, const Clock& clock);

}  // namespace ta
