// What happened to a run, in order, with clock times.
#pragma once
#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "runs/run_reader.h"
#include "web/formats.h"

namespace ta::monitoring {

struct TimelineEntry {
  std::string iso, clock, title;  // title: the whole time with its zone
  std::string text;
  std::string code;
};
BOOST_DESCRIBE_STRUCT(TimelineEntry, (), (iso, clock, title, text, code))

// Queued → waited → attempts with how each ended → finished.
std::vector<TimelineEntry> timeline_of(const runs::RunDetail& detail, const web::TimeZone& zone);

}  // namespace ta::monitoring
