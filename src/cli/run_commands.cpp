// run start|list|show|watch: the command line as a start surface, over the HTTP API of a running server.
#include <iostream>

#include "cli/api_client.h"
#include "cli/command_list.h"
#include "cli/table.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

constexpr std::chrono::milliseconds kWatchPause{500};

std::string runs_path(const Invocation& call) {
  return fmt::format("/api/v1/tenants/{}/runs", http::url_encode(call.text("--tenant")));
}

std::string run_path(const Invocation& call) { return fmt::format("{}/{}", runs_path(call), call.number("ID")); }

// "succeeded" when it has ended, else "running".
std::string state_of(const json::value& run) {
  const std::string status = json_string(run, "status");
  return status == "completed" ? json_string(run, "outcome") : status;
}

std::string counts_text(const json::value& run) {
  std::string out;
  const json::value* counts = json_find(run, "summary_counts");
  if (!counts || !counts->is_object()) return out;
  for (const auto& [key, value] : counts->get_object())
    if (value != json::value(0))
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", std::string_view(key), json::serialize(value));
  return out;
}

// Why it waits; empty while a worker holds it and once it ended.
std::string waiting_text(const json::value& run) {
  const json::value* waiting = json_find(run, "waiting");
  return waiting ? json_string(*waiting, "text") : "";
}

// A line for each attempt, and the whole time where that is another one.
void print_attempts(const Invocation& call, const json::value& run) {
  const json::value* attempts = json_find(run, "attempts");
  if (!attempts || !attempts->is_array()) return;
  for (const json::value& attempt : attempts->get_array()) {
    const std::string ended = json_string(attempt, "ended_at"), code = json_string(attempt, "code");
    call.out() << fmt::format("  attempt {}: {} to {}{}\n", json_int(attempt, "number"),
                              json_string(attempt, "started_at"), ended.empty() ? "now" : ended,
                              code.empty() ? "" : ", " + code);
  }
  const auto begin = parse_rfc3339(json_string(run, "started_at"));
  const auto end = parse_rfc3339(json_string(run, "completed_at"));
  if (attempts->get_array().size() > 1 && begin && end)
    call.out() << fmt::format("  all attempts with the pauses: {} s\n",
                              std::chrono::round<std::chrono::seconds>(*end - *begin).count());
}

void print_run(const Invocation& call, const json::value& run) {
  call.out() << fmt::format("#{} {} {}\n", json_int(run, "id"), json_string(run, "type"), state_of(run));
  for (const std::string& line : {waiting_text(run), counts_text(run)})
    if (!line.empty()) call.out() << "  " << line << "\n";
  print_attempts(call, run);
  const json::value* failures = json_find(run, "failure_summary");
  if (!failures || !failures->is_array()) return;
  for (const json::value& failure : failures->get_array())
    call.out() << fmt::format("  {} ({}): {}\n", json_string(failure, "code"), json_int(failure, "count"),
                              json_string(failure, "message"));
}

// 0 for a run that did its work, 1 for one that failed.
int exit_code(const json::value& run) { return json_string(run, "outcome") == "failed" ? kFailed : kDone; }

json::value run_of(const json::value& answer) {
  const json::value* run = json_find(answer, "run");
  if (!run) throw CommandFailure("The server's answer has no run in it.");
  return *run;
}

// Prints the run whenever it has changed, until it has ended.
int watch_until_done(const Invocation& call, const ApiClient& api, const std::string& path) {
  json::value last;
  for (;;) {
    json::value run = run_of(api.get(path));
    if (run != last && call.json())
      call.out() << json::serialize(run) << std::endl;
    else if (run != last)
      print_run(call, run);
    if (json_string(run, "status") == "completed") return exit_code(run);
    last = std::move(run);
    std::this_thread::sleep_for(kWatchPause);
  }
}

int start(const Invocation& call) {
  const ApiClient api(call);
  const auto inputs = parse_json(call.has("--inputs") ? call.text("--inputs") : "{}");
  if (!inputs) throw UsageError("--inputs: " + inputs.error().message);
  const json::value answer = api.post(runs_path(call), json::object{{"type", call.text("TYPE")}, {"inputs", *inputs}});
  const json::value run = run_of(answer);
  if (call.json())
    call.out() << json::serialize(answer) << "\n";
  else
    call.out() << fmt::format("Run #{} {}.\n", json_int(run, "id"), json_string(answer, "disposition"));
  return call.flag("--wait") ? watch_until_done(call, api, fmt::format("{}/{}", runs_path(call), json_int(run, "id")))
                             : kDone;
}

int list(const Invocation& call) {
  std::string query = fmt::format("?limit={}", call.number("--limit"));
  for (const std::string_view filter : {"--type", "--status", "--outcome", "--initiator", "--from", "--to", "--cursor"})
    if (call.has(filter)) query += fmt::format("&{}={}", filter.substr(2), http::url_encode(call.text(filter)));
  const json::value answer = ApiClient(call).get(runs_path(call) + query);
  if (call.json()) {
    call.out() << json::serialize(answer) << "\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const json::value& run : answer.at("runs").as_array())
    rows.push_back({std::to_string(json_int(run, "id")), json_string(run, "type"), state_of(run),
                    json_string(run, "initiator_name"), json_string(run, "created_at"),
                    waiting_text(run).empty() ? counts_text(run) : waiting_text(run)});
  call.out() << (rows.empty() ? "No runs.\n"
                              : text_table({"Run", "Operation", "State", "Started by", "Created", "Details"}, rows));
  return kDone;
}

int show(const Invocation& call) {
  const json::value run = run_of(ApiClient(call).get(run_path(call)));
  if (call.json())
    call.out() << json::serialize(run) << "\n";
  else
    print_run(call, run);
  return kDone;
}

int watch(const Invocation& call) { return watch_until_done(call, ApiClient(call), run_path(call)); }

std::vector<Option> with_server(std::vector<Option> options) {
  options.push_back({.name = "--tenant", .help = "The tenant's short name", .required = true, .setting = true});
  for (Option& option : api_client_options()) options.push_back(std::move(option));
  options.push_back(json_option());
  return options;
}

}  // namespace

Commands run_commands() {
  const Option id{.name = "ID", .help = "The run's number", .kind = Option::Kind::argument, .required = true};
  const Option limit{
      .name = "--limit", .help = "At most so many, 1 to 200", .fallback = "20", .kind = Option::Kind::number};
  return {
      {"run start", "Start an operation",
       with_server(
           {{.name = "TYPE", .help = "For example inventory.sync", .kind = Option::Kind::argument, .required = true},
            {.name = "--inputs", .help = "JSON object"},
            {.name = "--wait", .help = "Follow the run to its end; 1 when it failed", .kind = Option::Kind::flag}}),
       start},
      {"run list", "List runs, the newest first",
       with_server({{.name = "--type", .help = "Operation type"},
                    {.name = "--status", .help = "queued, running or completed"},
                    {.name = "--outcome", .help = "succeeded, partially_succeeded or failed"},
                    {.name = "--initiator", .help = "me, system or a user's id"},
                    {.name = "--from", .help = "Created at or after, RFC 3339"},
                    {.name = "--to", .help = "Created before, RFC 3339"},
                    {.name = "--cursor", .help = "The next page"},
                    limit}),
       list},
      {"run show", "Show a run", with_server({id}), show},
      {"run watch", "Follow a run until it has ended; exit code 1 when it failed", with_server({id}), watch}};
}

}  // namespace ta::cli
