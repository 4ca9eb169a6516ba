// What pages say about a run: progress, waiting, results, failures. Words only; nothing here reads a database.
#pragma once
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runs/catalog.h"
#include "runs/run_reader.h"
#include "runs/waiting.h"
#include "web/formats.h"

namespace ta::monitoring {

// Numbers that the database knows; a percentage only where a total can be trusted, and at most 99 until the run ended.
struct Progress {
  std::string text;            // "312 of 1,204 items", "312 items so far", "Not started"
  std::optional<int> percent;  // with a bar
};
BOOST_DESCRIBE_STRUCT(Progress, (), (text, percent))

struct Note {
  std::string tone;  // neutral, warning, danger
  std::string icon;
  std::string text;
  std::string code;
};
BOOST_DESCRIBE_STRUCT(Note, (), (tone, icon, text, code))

// What is known about one run when a page is made.
struct Sight {
  const runs::Run& run;
  const runs::RunJob* job;           // null once it ended
  const runs::RegisteredType* type;  // null for an unknown type
  const runs::Wait* wait;            // null while a worker holds it, and once it ended
  Timestamp now;
  const web::TimeZone& zone;
};

Progress progress_of(const runs::Run& run, const runs::RegisteredType* type);

// The sentence beside the badge of an active run, if there is anything to say (ui.md, section 5).
std::optional<Note> situation(const Sight& sight);
// The same, only where a reader of the list should look twice: waiting between attempts, late, worker lost, nobody
// there.
std::optional<Note> list_note(const Sight& sight);
bool is_late(const runs::Run& run, const runs::RegisteredType* type, Timestamp now);

// "Waiting 2 min 4 s: 4 of 4 runs of this tenant are active."; without `waited` a sentence that does not change by the
// second. `until` is how the end of a pause is written.
std::string wait_sentence(const runs::Wait& wait, std::optional<Microseconds> waited, std::string_view until);
// For the API.
json::object to_json(const runs::Wait& wait);

// "Partially succeeded. 484 succeeded, 6 failed. What succeeded is kept."
std::string result_sentence(const runs::Run& run, const runs::RegisteredType* type);

// First start to finish, or to now; nullopt before the first start.
std::optional<Microseconds> duration_of(const runs::Run& run, Timestamp now);
// "1 item", "2 items" of a type's unit.
std::string counted_unit(std::int64_t number, const std::string& unit);

// What a type usually takes: "10 min".
std::string usual_text(const runs::RegisteredType& type);
// Queued to first start.
std::optional<Microseconds> queue_delay_of(const runs::Run& run);

// One kind of failure with what to do about it.
struct FailureView {
  std::string tone, icon, headline, next_step, message, code, count, retry;
  bool infrastructure = false;
};
BOOST_DESCRIBE_STRUCT(FailureView, (), (tone, icon, headline, next_step, message, code, count, retry, infrastructure))
// What a run's failures count; empty when one concerns the run as a whole.
std::string failure_unit(const runs::Run& run, const runs::RegisteredType* type);
FailureView failure_view(const runs::FailureEntry& entry, std::string_view unit);

// Counts that are not zero, in the order of the record: {"Total", "1,204"}.
struct CountView {
  std::string label, value;
};
BOOST_DESCRIBE_STRUCT(CountView, (), (label, value))
std::vector<CountView> count_views(const runs::SummaryCounts& counts);

// What the run is about, for its subline: the connection's name and such, from the context; empty when unknown.
std::string target_of(const runs::Run& run);

}  // namespace ta::monitoring
