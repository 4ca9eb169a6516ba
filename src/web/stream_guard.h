// Event streams end with what lets their reader see them: the session, the API token, the account, the membership.
//
// A guarded stream carries its proof. It is looked at before everything the stream sends, every few seconds for all
// open streams together in one query, and at once when this process ends something (check_now). The stream then sends
// its farewell and ends; what it would have sent is never sent.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "access/proofs.h"
#include "http/message.h"

namespace ta::web {

// Of each proof why it no longer holds; one query (access::SignIn::lapses). May throw when the database is away: then a
// stream that has something to send ends without a word, and the others are looked at again in the next round.
using ProofCheck = std::function<std::vector<std::optional<access::Lapse>>(std::span<const access::Proof>)>;
// The last events of a stream, in text/event-stream format.
using Farewell = std::function<std::string(access::Lapse)>;

// One for the process; it owns one thread. Thread-safe. Streams may outlive it: they then look only before they send.
class StreamGuard {
 public:
  struct Options {
    std::chrono::milliseconds every{2'000};  // between two rounds over all streams
  };
  explicit StreamGuard(ProofCheck check) : StreamGuard(std::move(check), Options{}) {}
  StreamGuard(ProofCheck check, Options options);
  ~StreamGuard();

  // `stream`, ended by what ends `proof`.
  std::shared_ptr<http::EventSource> guard(access::Proof proof, std::shared_ptr<http::EventSource> stream,
                                           Farewell farewell);
  // A session, a token, a role or an account has ended here: looks at all streams now, not in the next round. Returns
  // before it has looked.
  void check_now();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::web
