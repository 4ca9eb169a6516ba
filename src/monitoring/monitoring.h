// Monitoring: the operations list and detail, notifications, and the frame's widget and bell. Read-only, from the
// database.
#pragma once
#include "monitoring/run_view.h"
#include "runs/catalog.h"
#include "runs/run_reader.h"
#include "runs/waiting.h"
#include "web/site.h"

namespace ta::monitoring {

// Registers the pages under /t/{tenant}/operations, /t/{tenant}/live, /notifications and /system, and the frame's
// parts. What is
// passed must outlive the site.
void register_monitoring(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits,
                         const runs::Catalog& catalog);

}  // namespace ta::monitoring
