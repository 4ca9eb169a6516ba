// The progress widget, the bell and the badge of the sidebar.
#pragma once
#include "runs/catalog.h"
#include "runs/run_reader.h"
#include "web/site.h"

namespace ta::monitoring {

web::ShellPart shell_part(storage::Database& database, runs::RunReader& reader, const runs::Catalog& catalog);

}  // namespace ta::monitoring
