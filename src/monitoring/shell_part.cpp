#include "monitoring/shell_part.h"

#include <mutex>

#include "access/administrators.h"
#include "monitoring/run_words.h"

namespace ta::monitoring {
namespace {

constexpr int kWidgetRuns = 5;
constexpr int kBellEntries = 10;

web::WidgetRun widget_run(const runs::Run& run, const runs::Catalog& catalog, const web::Viewer& viewer) {
  const bool running = run.status == runs::RunStatus::running && run.started_at;
  const Timestamp since = running ? *run.started_at : run.created_at;
  return {.id = run.id.value,
          .href = viewer.path(fmt::format("/operations/{}", run.id)),
          .label = catalog.label(run.type),
          .state = std::string(web::badge(name(run.status)).label),
          .since = to_rfc3339(since),
          .elapsed = web::duration_text(viewer.now - since),
          .percent = progress_of(run, catalog.find(run.type)).percent};
}

void add_widget(runs::RunReader& reader, const runs::Catalog& catalog, const web::Viewer& viewer,
                web::ShellData& data) {
  for (const runs::Run& run : reader.active(viewer.tenant_id(), kWidgetRuns))
    data.widget.active.push_back(widget_run(run, catalog, viewer));
  data.widget.active_count = reader.active_count(viewer.tenant_id());
  data.widget.active_more = std::max<std::int64_t>(0, data.widget.active_count - kWidgetRuns);
  data.widget.active_href = viewer.path("/operations?tab=active");
  data.nav_counts["operations"] =
      data.widget.active_count ? web::grouped_up_to(data.widget.active_count, runs::kCountMax) : "";
}

web::BellEntry bell_entry(const runs::Notification& n, const web::Viewer& viewer) {
  return {.href = fmt::format("/t/{}/operations/{}", n.tenant_slug, n.run_id),
          .title = n.title,
          .body = n.body,
          .badge = n.kind == "queued" ? web::badge("queued") : web::badge(n.outcome),
          .when = viewer.when(n.created_at)};
}

std::string waiting(std::int64_t queued) {
  if (queued > runs::kQueuedMax) return web::grouped(runs::kQueuedMax) + "+ operations wait";
  return queued == 1 ? "1 operation waits" : web::grouped(queued) + " operations wait";
}

constexpr std::chrono::seconds kPatience{5};     // a worker that restarts is no reason to worry people
constexpr std::chrono::seconds kHealthFresh{2};  // one look serves every open tab

// Says when work waits and nobody is there to do it. Thread-safe.
class AttentionWatch {
 public:
  explicit AttentionWatch(runs::RunReader& reader) : reader_(reader) {}

  std::string sentence(Timestamp now) {
    const runs::QueueHealth health = look(now);
    const auto& oldest = health.oldest_queued_at;
    if (health.workers_alive > 0 || health.queued == 0 || !oldest || now - *oldest < kPatience) return {};
    return fmt::format("{} and no worker is connected. Tell whoever runs this server; tenantatlas doctor explains.",
                       waiting(health.queued));
  }

 private:
  // The database is asked outside of the lock: pages that hold a connection of the pool wait for the lock.
  runs::QueueHealth look(Timestamp now) {
    {
      const std::lock_guard lock(mutex_);
      if (read_at_ && now - *read_at_ < kHealthFresh) return health_;
      read_at_ = now;
    }
    const runs::QueueHealth health = reader_.queue_health();
    const std::lock_guard lock(mutex_);
    return health_ = health;
  }

  runs::RunReader& reader_;
  std::mutex mutex_;
  std::optional<Timestamp> read_at_;
  runs::QueueHealth health_;
};

}  // namespace

web::ShellPart shell_part(storage::Database& database, runs::RunReader& reader, const runs::Catalog& catalog) {
  const auto watch = std::make_shared<AttentionWatch>(reader);
  return [&database, &reader, &catalog, watch](const web::Viewer& viewer, web::ShellData& data) {
    data.attention = watch->sentence(viewer.now);
    if (viewer.tenant) add_widget(reader, catalog, viewer, data);
    const UserId user = viewer.principal.user.id;
    data.administrator = database.read([&](storage::Transaction& tx) { return access::is_administrator(tx, user); });
    for (const runs::Notification& n : reader.notifications(user, false, std::nullopt, kBellEntries))
      data.bell.push_back(bell_entry(n, viewer));
    data.unread = reader.unread_count(user);
  };
}

}  // namespace ta::monitoring
