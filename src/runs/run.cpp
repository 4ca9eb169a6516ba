#include "runs/run.h"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

namespace ta::runs {
namespace {

constexpr std::pair<RunStatus, std::string_view> kStatuses[] = {
    {RunStatus::queued, "queued"}, {RunStatus::running, "running"}, {RunStatus::completed, "completed"}};

constexpr std::pair<RunOutcome, std::string_view> kOutcomes[] = {
    {RunOutcome::pending, "pending"},
    {RunOutcome::succeeded, "succeeded"},
    {RunOutcome::partially_succeeded, "partially_succeeded"},
    {RunOutcome::failed, "failed"},
    {RunOutcome::cancelled, "cancelled"}};

template <class E, std::size_t N>
std::string_view name_in(const std::pair<E, std::string_view> (&table)[N], E value) {
  return table[static_cast<std::size_t>(value)].second;
}

template <class E, std::size_t N>
std::optional<E> find_in(const std::pair<E, std::string_view> (&table)[N], std::string_view name) {
  for (const auto& [value, text] : table)
    if (text == name) return value;
  return std::nullopt;
}

json::value optional_time(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

}  // namespace

std::string_view name(RunStatus status) { return name_in(kStatuses, status); }
std::string_view name(RunOutcome outcome) { return name_in(kOutcomes, outcome); }
std::optional<RunStatus> run_status(std::string_view name) { return find_in(kStatuses, name); }
std::optional<RunOutcome> run_outcome(std::string_view name) { return find_in(kOutcomes, name); }

json::object to_json(const SummaryCounts& counts) {
  json::object out;
  boost::mp11::mp_for_each<boost::describe::describe_members<SummaryCounts, boost::describe::mod_public>>(
      [&](auto member) {
        if (const auto& value = counts.*member.pointer) out[member.name] = *value;
      });
  return out;
}

SummaryCounts summary_counts_from(const json::value& value) {
  SummaryCounts counts;
  boost::mp11::mp_for_each<boost::describe::describe_members<SummaryCounts, boost::describe::mod_public>>(
      [&](auto member) {
        if (json_find(value, member.name)) counts.*member.pointer = json_int(value, member.name);
      });
  return counts;
}

std::vector<FailureEntry> failures_from(const json::value& value) {
  std::vector<FailureEntry> failures;
  if (!value.is_array()) return failures;
  for (const json::value& entry : value.get_array())
    failures.push_back({json_string(entry, "code"), json_string(entry, "message"), json_int(entry, "count", 1)});
  return failures;
}

Run run_from(const storage::Row& row) {
  const auto stored = [&](std::string_view column) {
    return row.get<std::optional<json::value>>(column).value_or(nullptr);
  };
  Run run;
  run.id = row.get<RunId>("id");
  run.tenant_id = row.get<TenantId>("tenant_id");
  run.user_id = row.get<std::optional<UserId>>("user_id");
  run.initiator_name = row.get<std::string>("initiator_name");
  run.type = row.get<std::string>("type");
  run.status = run_status(row.get<std::string_view>("status")).value();
  run.outcome = run_outcome(row.get<std::string_view>("outcome")).value();
  run.run_identity_hash = row.get<std::string>("run_identity_hash");
  run.summary_counts = summary_counts_from(stored("summary_counts"));
  run.failure_summary = failures_from(stored("failure_summary"));
  if (json::value context = stored("context"); context.is_object()) run.context = std::move(context.get_object());
  run.started_at = row.get<std::optional<Timestamp>>("started_at");
  run.completed_at = row.get<std::optional<Timestamp>>("completed_at");
  run.created_at = row.get<Timestamp>("created_at");
  run.updated_at = row.get<Timestamp>("updated_at");
  return run;
}

std::string api_token_name(const Run& run) {
  const json::value* const token = run.context.if_contains("api_token");
  return token ? json_string(*token, "name") : std::string();
}

json::object to_json(const Run& run) {
  json::array failures;
  for (const FailureEntry& entry : run.failure_summary)
    failures.push_back(json::object{{"code", entry.code}, {"message", entry.message}, {"count", entry.count}});
  return {{"id", run.id.value},
          {"tenant_id", run.tenant_id.value},
          {"user_id", run.user_id ? json::value(run.user_id->value) : json::value(nullptr)},
          {"initiator_name", run.initiator_name},
          {"type", run.type},
          {"status", name(run.status)},
          {"outcome", name(run.outcome)},
          {"run_identity_hash", run.run_identity_hash},
          {"summary_counts", to_json(run.summary_counts)},
          {"failure_summary", std::move(failures)},
          {"context", run.context},
          {"started_at", optional_time(run.started_at)},
          {"completed_at", optional_time(run.completed_at)},
          {"created_at", to_rfc3339(run.created_at)},
          {"updated_at", to_rfc3339(run.updated_at)}};
}

}  // namespace ta::runs
