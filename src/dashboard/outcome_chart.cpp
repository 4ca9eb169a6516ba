#include "dashboard/outcome_chart.h"

namespace ta::dashboard {
namespace {

std::int64_t total(const runs::RunReader::DayOutcomes& day) {
  return day.succeeded + day.partially_succeeded + day.failed;
}

double rounded(double value) { return std::round(value * 10) / 10; }

}  // namespace

OutcomeChart outcome_chart(const std::vector<runs::RunReader::DayOutcomes>& days) {
  OutcomeChart chart;
  std::int64_t highest = 1, all = 0, failed = 0, partial = 0;
  for (const auto& day : days) {
    highest = std::max(highest, total(day));
    all += total(day);
    failed += day.failed;
    partial += day.partially_succeeded;
  }
  const double step = 100.0 / std::max<std::size_t>(1, days.size());
  const web::TimeZone utc;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const double x = rounded(static_cast<double>(i) * step + step * 0.15);
    double y = kChartHeight;
    const auto stack = [&](std::int64_t count, const char* css) {
      if (count == 0) return;
      const double height = rounded(static_cast<double>(count) / static_cast<double>(highest) * kChartHeight);
      y = rounded(y - height);
      chart.bars.push_back({css, x, y, rounded(step * 0.7), height});
    };
    stack(days[i].succeeded, "ok");
    stack(days[i].partially_succeeded, "part");
    stack(days[i].failed, "bad");
    chart.days.push_back({web::day_text(days[i].day, utc), rounded(x + step * 0.35), (days.size() - 1 - i) % 4 == 0,
                          web::grouped(days[i].succeeded), web::grouped(days[i].partially_succeeded),
                          web::grouped(days[i].failed)});
  }
  chart.has_runs = all > 0;
  chart.sentence =
      fmt::format("{} ended: {} failed, {} succeeded only in part.", web::counted(all, "operation", "operations"),
                  web::grouped(failed), web::grouped(partial));
  return chart;
}

}  // namespace ta::dashboard
