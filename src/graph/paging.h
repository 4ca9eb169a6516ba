// Lists that come in pages: every nextLink followed, and none that leads elsewhere. Internal to this module.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "graph/request_loop.h"

namespace ta::graph {

// The target ("/beta/…") that a nextLink names, percent-encoded where it has to be: a '#' is part of it. Fails with
// graph.bad_request when it is of another host, scheme or port than `graph_base` (the token must not leave), or has
// blanks or control characters in it.
Result<std::string> next_target(std::string_view graph_base, std::string_view link);

// How a list ended.
struct WalkEnd {
  std::optional<Failure> failure;
  std::string remark;  // what was odd about a list that is whole; empty: nothing
};

// Reads one list from its first page to its last, within a loop. Members of rows that were cut off
// ("settings@odata.nextLink") are completed before the row is handed over. When Graph no longer knows the next page,
// the list is read again from its first one, at most twice.
class PageWalk : public std::enable_shared_from_this<PageWalk> {
 public:
  struct Shape {
    std::function<void(json::array rows)> on_page;
    std::function<void(const WalkEnd&)> on_end;  // once; no page comes after it
    // The list begins again: what came without an id comes once more. Rows with ids are still handed over once.
    std::function<void()> on_restart = {};
    // Of a row. Each id is handed over once, however often it comes; rows without one go to `on_nameless`, which is set
    // together with it. Without this function all rows are handed over.
    std::function<std::string(const json::value& row)> id_of = {};
    std::function<void(const json::value& row)> on_nameless = {};
    bool single = false;  // the list is one object, which the answer is itself
  };

  static void start(RequestLoop& loop, GraphRequest first, Shape shape);

 private:
  PageWalk(RequestLoop& loop, GraphRequest first, Shape shape)
      : loop_(loop), first_(std::move(first)), shape_(std::move(shape)) {}
  void ask(std::string target);
  void arrived(Reply reply);
  void begin_again(Failure why);
  void go_on(std::shared_ptr<json::value> page);
  bool take_new(json::array& rows);
  std::optional<Failure> go_to(const std::string& link);
  std::optional<Failure> too_much(bool last) const;
  void end(std::optional<Failure> failure);

  RequestLoop& loop_;
  const GraphRequest first_;
  const Shape shape_;
  std::unordered_set<std::string> handed_over_;  // ids
  // Of this reading: it begins anew when the list is read again.
  struct Reading {
    std::unordered_set<std::string> targets;  // a nextLink that leads back would never end
    std::unordered_set<std::string> again;    // ids that an earlier reading has handed over
    std::optional<std::int64_t> announced;
    std::int64_t rows = 0;
    int pages = 0;
    int idle_pages = 0;  // in a row, without a new id
  } reading_;
  std::int64_t bytes_ = 0;
  int restarts_ = 0;
};

// Completes what is cut off anywhere inside `value`, then calls `done`. `value` must stay where it is until then.
void complete(RequestLoop& loop, json::value& value, std::function<void(std::optional<Failure>)> done);

}  // namespace ta::graph
