// The rules of time zones, from the operating system's files. Read and checked here and nowhere else: a file that is
// missing, cut or full of rubbish is a sentence for a person, never an exception and never a wrong hour.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/time.h"

namespace ta {

using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

// A value, cheap to copy. What it says holds for every year: the rule at the end of a zone's file goes on after the
// last written change. Thread-safe.
class ZoneRules {
 public:
  ZoneRules();  // UTC, which needs no file
  // Reads the file below TZDIR or /usr/share/zoneinfo, again whenever it has changed. While a file that was read before
  // cannot be read, its rules stay. A name that is no file any more leads to its successor where the system's list of
  // links names one. Fails with schedule.zone_unreadable and a sentence that names the zone and what to do.
  static Result<ZoneRules> load(std::string_view name);
  // Every zone of this system that has an area ("Europe/Berlin"), and UTC; sorted.
  static std::vector<std::string> names();

  const std::string& name() const { return name_; }            // as asked
  const std::string& successor() const { return successor_; }  // whose rules these are, where that is another name

  // The time around an instant in which the clock runs on evenly.
  struct Span {
    Timestamp begin, end;  // begin is in it, end is not; the ends of time where nothing changes
    std::chrono::seconds offset{0};
    std::string abbreviation;  // "CET"
  };
  Span at(Timestamp time) const;
  LocalTime local(Timestamp time) const;
  // The instant at which clocks show `local`: the first of two; right after the gap where none does.
  Timestamp instant_of(LocalTime local) const;

 private:
  struct Rules;
  ZoneRules(std::string name, std::string successor, std::shared_ptr<const Rules> rules);

  std::string name_, successor_;
  std::shared_ptr<const Rules> rules_;
};

}  // namespace ta
