// Live parts of pages over server-sent events: one stream per open page, at most two updates a second each, and only
// what changed since the last one.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "http/message.h"

namespace ta::web {

// HTML that replaces what `target` (a CSS selector) finds; nothing happens where the page has no such element.
struct LivePart {
  std::string target;
  std::string html;
  std::string swap = "outerMorph";
};

struct LiveUpdate {
  std::vector<LivePart> parts;
  std::string announce;  // said once to screen readers; empty: nothing
  bool end = false;      // nothing will change any more: the page closes its stream
  std::string now = {};  // the server's time (RFC 3339), sent before any news: the page measures its clock by it
};

// The parts as one message for htmx: <hx-partial> elements.
std::string partials_html(const std::vector<LivePart>& parts);

// Makes the current state of a page's live parts. Called when a stream opens, after changes, and every few seconds.
// Reads the database only. Returning nullopt ends the stream: the reader may no longer see this.
using LiveRender = std::function<std::optional<LiveUpdate>()>;

// Wakes the streams of a tenant when something changed. One per process; it owns one thread. Thread-safe.
class LiveHub {
 public:
  struct Options {
    std::chrono::milliseconds pace{500};        // between two updates of one stream
    std::chrono::milliseconds refresh{10'000};  // without any change: ages and lost workers are noticed by time
  };
  LiveHub() : LiveHub(Options{}) {}
  explicit LiveHub(Options options);
  ~LiveHub();

  void changed(TenantId tenant);
  void changed_everything();

  // A stream for the answer's body; it starts with a snapshot. Without a tenant it hears of all of them.
  std::shared_ptr<http::EventSource> stream(TenantId tenant, LiveRender render);
  // For streams of other kinds: calls `wake` at the same pace, from the hub's thread, as long as the handle lives, and
  // once more at most. It must be quick and must not throw.
  std::shared_ptr<void> follow(TenantId tenant, std::function<void()> wake);
  std::size_t open_streams() const;  // those that follow() too

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::web
