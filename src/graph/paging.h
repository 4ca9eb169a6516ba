// Lists that come in pages: every nextLink followed, and none that leads elsewhere. Internal to this module.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "graph/request_loop.h"

namespace ta::graph {

// The target ("/beta/…") that a nextLink names. Fails with graph.bad_request when it is of another host, scheme or
// port than `graph_base`: the token must not leave.
Result<std::string> next_target(std::string_view graph_base, std::string_view link);

// Reads one list from its first page to its last, within a loop. Members of rows that were cut off
// ("settings@odata.nextLink") are completed before the row is handed over.
class PageWalk : public std::enable_shared_from_this<PageWalk> {
 public:
  using OnPage = std::function<void(json::array rows)>;
  using OnEnd = std::function<void(const std::optional<Failure>&)>;  // once; no page comes after it

  // `single`: the list is one object, which the answer is itself.
  static void start(RequestLoop& loop, GraphRequest first, OnPage on_page, OnEnd on_end, bool single = false);

 private:
  PageWalk(RequestLoop& loop, OnPage on_page, OnEnd on_end)
      : loop_(loop), on_page_(std::move(on_page)), on_end_(std::move(on_end)) {}
  void ask(std::string target);
  void arrived(Result<GraphAnswer> answer);
  void go_on(std::shared_ptr<json::value> page);
  std::optional<Failure> missing() const;

  RequestLoop& loop_;
  const OnPage on_page_;
  const OnEnd on_end_;
  bool single_ = false;
  http::Headers headers_;
  std::set<std::string> seen_;  // a nextLink that leads back would never end
  std::optional<std::int64_t> announced_;
  std::int64_t rows_ = 0;
};

// Completes what is cut off anywhere inside `value`, then calls `done`. `value` must stay where it is until then.
void complete(RequestLoop& loop, json::value& value, std::function<void(std::optional<Failure>)> done);

}  // namespace ta::graph
