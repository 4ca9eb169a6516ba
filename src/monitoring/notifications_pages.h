// What ended while I was away?
#pragma once
#include "runs/run_reader.h"
#include "web/site.h"

namespace ta::monitoring {

// GET /notifications, POST /notifications/read-all.
void register_notifications_pages(web::Site& site, runs::RunReader& reader);

}  // namespace ta::monitoring
