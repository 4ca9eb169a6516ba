// Monitoring → Operations, the list: what is running or broken now, and did mine finish?
#pragma once
#include "runs/catalog.h"
#include "runs/run_reader.h"
#include "runs/waiting.h"
#include "web/site.h"

namespace ta::monitoring {

void register_operations_page(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits,
                              const runs::Catalog& catalog);

}  // namespace ta::monitoring
