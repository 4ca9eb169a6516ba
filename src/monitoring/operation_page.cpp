#include "monitoring/operation_page.h"

#include "base/secrets.h"
#include "monitoring/run_timeline.h"
#include "monitoring/run_view.h"
#include "web/page_url.h"
#include "web/templates.h"

namespace ta::monitoring {
namespace {

struct Fact {
  std::string label, text;
  std::optional<web::TimeText> when;
};
BOOST_DESCRIBE_STRUCT(Fact, (), (label, text, when))

struct Related {
  std::string label, href;
};
BOOST_DESCRIBE_STRUCT(Related, (), (label, href))

// One line of "By type": a part of the work and how it fared.
struct PartView {
  std::string label, count, problem, code;
  web::Badge badge;
};
BOOST_DESCRIBE_STRUCT(PartView, (), (label, count, problem, code, badge))

struct DetailView {
  std::int64_t id = 0;
  std::string label, raw_type, list_href, by, target;
  std::string status, outcome;
  web::Badge badge;
  web::TimeText created;
  bool active = false;
  Progress progress;
  std::string since, duration, usual;
  std::optional<web::TimeText> last_progress;
  std::optional<Note> note;
  std::string result;
  std::vector<FailureView> failures;
  std::string failures_title;
  std::vector<Fact> facts;
  std::vector<CountView> counts;
  std::string parts_note, parts_unit;
  std::vector<PartView> parts;
  bool has_counts = false, has_parts = false, has_failures = false, has_related = false;
  std::vector<TimelineEntry> timeline;
  std::vector<Related> related;
  std::string context;
  bool live = false;
};
BOOST_DESCRIBE_STRUCT(DetailView, (),
                      (id, label, raw_type, list_href, by, target, status, outcome, badge, created, active, progress,
                       since, duration, usual, last_progress, note, result, failures, failures_title, facts, counts,
                       parts_note, parts_unit, parts, has_parts, has_counts, has_failures, has_related, timeline,
                       related, context, live))

std::optional<RunId> run_id(const http::Request& request) {
  const auto number = web::id_number(request.params.at("id"));
  return number ? std::optional(RunId(*number)) : std::nullopt;
}

// Two blanks per level, for people; what it shows was sanitised when it was stored, and is once more here.
void pretty(const json::value& value, std::string& out, std::size_t depth = 0) {
  const std::string pad(2 * depth + 2, ' '), end(2 * depth, ' ');
  const char* separator = "\n";
  if (value.is_object() && !value.get_object().empty()) {
    out += "{";
    for (const auto& [key, member] : value.get_object()) {
      out += separator + pad + json::serialize(json::value(key)) + ": ";
      pretty(member, out, depth + 1);
      separator = ",\n";
    }
    out += "\n" + end + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[";
    for (const json::value& item : value.get_array()) {
      out += separator + pad;
      pretty(item, out, depth + 1);
      separator = ",\n";
    }
    out += "\n" + end + "]";
  } else {
    out += json::serialize(value);
  }
}

std::string context_text(const json::object& context, TenantId tenant) {
  if (context.empty()) return {};
  std::string text;
  pretty(json::value(context), text);
  return redact(text, tenant);
}

// Failures come first, then whatever is the same for every run.
std::string failures_title(const std::vector<runs::FailureEntry>& failures, const std::string& unit) {
  std::int64_t items = 0;
  for (const runs::FailureEntry& failure : failures) items += failure.count;
  const std::string kinds = web::counted(static_cast<std::int64_t>(failures.size()), "kind", "kinds");
  return unit.empty() ? kinds : fmt::format("{}, {}", kinds, counted_unit(items, unit));
}

std::vector<Fact> facts_of(const runs::RunDetail& detail, const std::string& label, const web::Viewer& viewer) {
  const runs::Run& run = detail.run;
  std::vector<Fact> facts{{"Operation", label, std::nullopt},
                          {"Type", run.type, std::nullopt},
                          {"Started by", run.initiator_name, std::nullopt},
                          {"Queued", "", viewer.when(run.created_at)}};
  if (run.started_at) facts.push_back({"Started", "", viewer.when(*run.started_at)});
  if (run.completed_at) facts.push_back({"Finished", "", viewer.when(*run.completed_at)});
  if (const auto delay = queue_delay_of(run))
    facts.push_back({"Queue delay", web::duration_text(*delay), std::nullopt});
  if (run.completed_at)
    if (const auto length = duration_of(run, viewer.now))
      facts.push_back({detail.attempts.size() > 1 ? "Duration of all attempts, with the pauses" : "Duration",
                       web::duration_text(*length), std::nullopt});
  if (const std::string stuck = json_string(run.context, "handler_does_not_stop"); !stuck.empty())
    facts.push_back({"Handler", "Does not stop: " + stuck, std::nullopt});
  return facts;
}

std::vector<Related> related_of(const runs::Run& run, const web::Viewer& viewer) {
  std::vector<Related> related;
  if (run.type == "inventory.sync") related.push_back({"Inventory", viewer.path("/inventory")});
  if (run.type == "inventory.sync" && run.context.contains("changes"))
    related.push_back({"What it found new, changed or gone", viewer.path(fmt::format("/inventory?run={}", run.id))});
  related.push_back({"Other runs of this operation", viewer.path("/operations?type=" + http::url_encode(run.type))});
  return related;
}

class OperationPage {
 public:
  OperationPage(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits, const runs::Catalog& catalog)
      : site_(site), reader_(reader), waits_(waits), catalog_(catalog) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    const auto found = find(request, viewer);
    if (!found) return site_.not_found(request, viewer);
    const DetailView view = detail_view(*found, viewer);
    const std::string live = viewer.path(fmt::format("/operations/{}/live", found->run.id));
    return site_.show(request, viewer,
                      {.title = fmt::format("{} #{}", view.label, view.id),
                       .section = "operations",
                       .content = web::render("monitoring/operation", view),
                       .live_url = live,
                       .poll_url = live + "?once=1"});
  }

  http::Response live(http::Request& request, const web::Viewer& viewer) {
    const auto found = find(request, viewer);
    if (!found) return site_.not_found(request, viewer);
    return site_.live(request, viewer,
                      [this, id = found->run.id](const web::Viewer& reader) { return update(id, reader); });
  }

 private:
  std::optional<runs::RunDetail> find(const http::Request& request, const web::Viewer& viewer) {
    const auto id = run_id(request);
    return id ? reader_.detail(viewer.tenant_id(), *id) : std::nullopt;
  }

  web::LiveUpdate update(RunId id, const web::Viewer& viewer) {
    const auto found = reader_.detail(viewer.tenant_id(), id);
    if (!found) return {.parts = {}, .announce = "", .end = true};
    const DetailView view = detail_view(*found, viewer);
    return {.parts = {{"#run-head", web::render("monitoring/operation_head", view)},
                      {"#run", web::render("monitoring/operation_body", view)}},
            .announce = announcement(view),
            .end = !view.active};
  }

  // State changes, and progress at 25, 50 and 75 percent.
  static std::string announcement(const DetailView& view) {
    if (!view.active) return view.result;
    const int quarter = view.progress.percent.value_or(0) / 25 * 25;
    return quarter ? fmt::format("{} percent.", quarter) : std::string(view.badge.label) + ".";
  }

  DetailView detail_view(const runs::RunDetail& detail, const web::Viewer& viewer) {
    const runs::Run& run = detail.run;
    const runs::RegisteredType* type = catalog_.find(run.type);
    DetailView view{.id = run.id.value, .label = catalog_.label(run.type), .raw_type = type ? "" : run.type};
    view.list_href = viewer.path("/operations");
    view.by = run.initiator_name;
    view.target = target_of(run);
    view.status = name(run.status);
    view.outcome = name(run.outcome);
    view.badge = web::run_badge(view.status, view.outcome);
    view.created = viewer.when(run.created_at);
    view.active = run.active();
    view.facts = facts_of(detail, view.label, viewer);
    view.counts = count_views(run.summary_counts);
    view.has_counts = !view.counts.empty();
    view.timeline = timeline_of(detail, viewer.zone);
    view.related = related_of(run, viewer);
    view.has_related = !view.related.empty();
    view.context = context_text(run.context, run.tenant_id);
    add_failures(view, run, type);
    if (type) add_parts(view, run, *type);
    if (run.active()) add_progress(view, detail, type, viewer);
    if (!run.active()) view.result = result_sentence(run, type);
    return view;
  }

  void add_progress(DetailView& view, const runs::RunDetail& detail, const runs::RegisteredType* type,
                    const web::Viewer& viewer) {
    const runs::Run& run = detail.run;
    view.progress = progress_of(run, type);
    if (const auto length = duration_of(run, viewer.now)) {
      view.duration = web::duration_text(*length);
      view.since = to_rfc3339(*run.started_at);
    }
    if (type) view.usual = usual_text(*type);
    if (detail.job && detail.job->last_progress_at) view.last_progress = viewer.when(*detail.job->last_progress_at);
    const runs::RunJob* job = detail.job ? &*detail.job : nullptr;
    const auto wait = job ? waits_.of(run.tenant_id, run.id, *job) : std::nullopt;
    view.note = situation({run, job, type, wait ? &*wait : nullptr, viewer.now, viewer.zone});
  }

  void add_parts(DetailView& view, const runs::Run& run, const runs::RegisteredType& type) {
    for (const runs::RunPart& part : reader_.parts(type, run.tenant_id, run.id)) {
      const auto code = failure_code(part.code);
      view.parts.push_back({part.label, part.count ? web::grouped(*part.count) : "",
                            code ? std::string(info(*code).headline) : "", part.code, web::badge(part.state)});
    }
    view.has_parts = !view.parts.empty();
    if (!view.has_parts) return;
    if (view.parts.front().count.size()) view.parts_unit = web::humanised(type.definition.unit);
    if (view.parts.size() >= runs::kRunPartsMax)
      view.parts_note = fmt::format("The first {}, what failed before the rest.", runs::kRunPartsMax);
  }

  static void add_failures(DetailView& view, const runs::Run& run, const runs::RegisteredType* type) {
    const std::string unit = failure_unit(run, type);
    for (const runs::FailureEntry& failure : run.failure_summary) view.failures.push_back(failure_view(failure, unit));
    view.has_failures = !view.failures.empty();
    if (view.has_failures) view.failures_title = failures_title(run.failure_summary, unit);
  }

  web::Site& site_;
  runs::RunReader& reader_;
  runs::WaitReasons& waits_;
  const runs::Catalog& catalog_;
};

}  // namespace

void register_operation_page(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits,
                             const runs::Catalog& catalog) {
  const auto page = std::make_shared<OperationPage>(site, reader, waits, catalog);
  using access::Capability;
  site.page(http::Method::get, "/t/{tenant}/operations/{id}", Capability::runs_view,
            [page](http::Request& r, const web::Viewer& v) { return page->show(r, v); });
  site.page(http::Method::get, "/t/{tenant}/operations/{id}/live", Capability::runs_view,
            [page](http::Request& r, const web::Viewer& v) { return page->live(r, v); });
}

}  // namespace ta::monitoring
