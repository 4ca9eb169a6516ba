// Fourteen days of outcomes, drawn on the server: an SVG of rectangles, a sentence and a table that say the same.
#pragma once
#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "runs/run_reader.h"
#include "web/formats.h"

namespace ta::dashboard {

struct ChartBar {
  std::string css;  // ok, part, bad: the kit's tones of the chart
  double x = 0, y = 0, width = 0, height = 0;
};
BOOST_DESCRIBE_STRUCT(ChartBar, (), (css, x, y, width, height))

struct ChartDay {
  std::string label;    // "21 Nov"
  double x = 0;         // its middle
  bool marked = false;  // has its label under the chart
  std::string succeeded, partial, failed;
};
BOOST_DESCRIBE_STRUCT(ChartDay, (), (label, x, marked, succeeded, partial, failed))

struct OutcomeChart {
  std::vector<ChartBar> bars;
  std::vector<ChartDay> days;
  std::string sentence;
  bool has_runs = false;
};
BOOST_DESCRIBE_STRUCT(OutcomeChart, (), (bars, days, sentence, has_runs))

inline constexpr double kChartHeight = 120;  // pixels; across, everything is in percent of the chart's width

OutcomeChart outcome_chart(const std::vector<runs::RunReader::DayOutcomes>& days);

}  // namespace ta::dashboard
