// Keeps what the lists of one sync bring, as it arrives: in bounded memory and in short writes.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "graph/graph_client.h"
#include "inventory/listing_store.h"
#include "inventory/sync_runs.h"
#include "runs/run_context.h"

namespace ta::inventory {

// The code of a type whose list brought objects without an id: an answer that makes no sense.
inline constexpr FailureCode kObjectsWithoutId = FailureCode::graph_bad_request;

// For one attempt at a run, on its thread. Counts objects in the run (processed as they are read, success and what
// became of them as they are kept), and puts `changes`, `first_reading` and `objects_by_type` into its context. Throws
// Stopped when the run should stop, and what the database throws.
class ListRecorder : public graph::ListObserver {
 public:
  // Takes the listing's number: make it before the first request.
  ListRecorder(runs::RunContext& context, ConnectionId connection);

  void on_page(const graph::Contract& contract, std::span<const json::value> objects) override;
  void on_end(const graph::ListOutcome& outcome) override;

  // Of the type: objects that came without an id. They cannot be kept, and without them the list is not complete.
  std::int64_t without_id(const std::string& type) const;

 private:
  struct TypeProgress {
    std::vector<ObservedItem> waiting;  // to be written
    std::int64_t kept = 0, created = 0, without_id = 0;
    SyncChanges changes;
    bool first_reading = false;
  };

  void write_waiting(const std::string& type, TypeProgress& progress);
  // Lists of many types come in at once: none of them holds on to much.
  void bound_waiting();
  // In one step: the type is listed, and what the listing did not see is gone. Of very many that are gone, the rest is
  // noted in further steps.
  void finish(const std::string& type, TypeProgress& progress);
  void finish_unlisted(const std::string& type, TypeProgress& progress, std::string_view code);
  void record_result(storage::Transaction& tx, const std::string& type, const TypeProgress& progress,
                     std::string_view code);
  void publish(const std::string& type, const TypeProgress& progress);

  runs::RunContext& context_;
  Listing listing_;
  std::map<std::string, TypeProgress> types_;
  std::map<std::string, SyncChanges> noted_before_;  // by earlier attempts at the run
  std::size_t waiting_ = 0;
  json::object covered_;  // objects by type
};

}  // namespace ta::inventory
