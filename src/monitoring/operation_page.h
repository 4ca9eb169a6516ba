// One operation: how is it going, or what went wrong and what do I do?
#pragma once
#include "runs/catalog.h"
#include "runs/run_reader.h"
#include "runs/waiting.h"
#include "web/site.h"

namespace ta::monitoring {

// GET /t/{tenant}/operations/{id} and its stream …/live, which ends with the run.
void register_operation_page(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits,
                             const runs::Catalog& catalog);

}  // namespace ta::monitoring
