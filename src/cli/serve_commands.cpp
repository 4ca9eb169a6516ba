// serve: pages, API and (unless told otherwise) a worker in one process. worker: only a worker.
#include <charconv>
#include <iostream>

#include "base/log.h"
#include "base/secrets.h"
#include "cli/command_list.h"
#include "cli/graph_options.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "cli/workspace.h"
#include "cli/zone_check.h"

namespace ta::cli {
namespace {

using provider_connections::MasterKey;

Option slots_option() {
  return {.name = "--slots",
          .help = "Runs at the same time",
          .fallback = "4",
          .kind = Option::Kind::number,
          .setting = true};
}

// The same on every process of an installation, so that pages know why a run waits and Graph meets one client.
std::vector<Option> with_limits(std::vector<Option> options) {
  options.push_back({.name = "--tenant-limit",
                     .help = "Runs of one tenant at the same time; auto leaves one slot to others, 0 is no limit",
                     .fallback = "auto",
                     .setting = true});
  options.push_back({.name = "--connection-limit",
                     .help = "Runs on one connection at the same time; 0 is no limit",
                     .fallback = std::to_string(runs::kUsualLimits.per_scope),
                     .kind = Option::Kind::number,
                     .setting = true});
  for (Option& option : graph_options()) options.push_back(std::move(option));
  return options;
}

int limit(const Invocation& call, std::string_view name, std::string_view or_else = {}) {
  const std::string text = call.text(name);
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 100'000)
    throw UsageError(fmt::format("{} must be a number from 0 to 100000{}.", name, or_else));
  return value;
}

runs::LimitOptions limits(const Invocation& call) {
  return {.per_tenant = call.text("--tenant-limit") == "auto" ? runs::kAllSlotsButOne
                                                              : limit(call, "--tenant-limit", ", or auto"),
          .per_scope = limit(call, "--connection-limit")};
}

Option proxy_option() {
  return {.name = "--proxy",
          .help = "Reach Microsoft through this proxy, http://host:port (HTTPS_PROXY and NO_PROXY otherwise)",
          .setting = true};
}

// A proxy's address may hold its password.
http::ClientOptions outgoing(const Invocation& call) {
  http::ClientOptions options{.proxy = call.text("--proxy")};
  const auto at = options.proxy.rfind('@');
  if (at != std::string::npos) remember_secret(options.proxy.substr(0, at));
  return options;
}

Option keep_days_option() {
  return {.name = "--keep-days",
          .help = "Forget completed runs after so many days, where a tenant has no number of its own",
          .fallback = "90",
          .kind = Option::Kind::number,
          .setting = true};
}

int keep_days(const Invocation& call) {
  const auto days = call.number("--keep-days");
  if (days < 1 || days > 36'500) throw UsageError("--keep-days must be a number from 1 to 36500.");
  return static_cast<int>(days);
}

// With a wrong key the server starts all the same: its pages are where people give the credentials again.
void check_key(const Invocation& call, Process& process) {
  const MasterKey key = installation_key(call);
  const auto foreign = process.database().read(
      [&](storage::Transaction& tx) { return provider_connections::count_credentials_of_other_keys(tx, key); });
  if (foreign == 0) return;
  log::error("master_key.wrong", {{"key", key.id()}, {"credentials", foreign}});
  call.err() << fmt::format(
      "tenantatlas: {} credentials in the database were sealed with another master key than {}: what uses them will "
      "fail. "
      "Give the right key with --master-key-file or TENANTATLAS_MASTER_KEY, then start again.\n",
      foreign, key.id());
}

std::unique_ptr<Process> make_process(const Invocation& call, http::ServerOptions server) {
  auto process = Process::create({.database_url = call.text("--database"),
                                  .master_key = installation_key(call),
                                  .server = std::move(server),
                                  .worker = {.slots = static_cast<int>(call.number("--slots"))},
                                  .queue = {.limits = limits(call)},
                                  .retention = {.keep_days = keep_days(call)},
                                  .graph = read_graph_options(call),
                                  .endpoint_rule = endpoint_rule(call),
                                  .outgoing = outgoing(call)});
  if (!process) throw CommandFailure(process.error().message);
  check_key(call, **process);
  for (const ZoneProblem& problem : check_zones((*process)->database()))
    problem.unreadable ? log::error("zone.unreadable", {{"zone", problem.zone}, {"problem", problem.text}})
                       : log::warn("zone.renamed", {{"zone", problem.zone}, {"problem", problem.text}});
  return std::move(*process);
}

int serve(const Invocation& call) {
  StopSignal stop;
  const auto port = call.number("--port");
  if (port < 0 || port > 65535) throw UsageError("--port must be a number from 0 to 65535.");
  const auto process =
      make_process(call, {.address = call.text("--address"), .port = static_cast<std::uint16_t>(port)});
  if (const auto listening = process->listen(); !listening) throw CommandFailure(listening.error().message);
  if (!call.flag("--no-worker")) process->start_worker();
  if (call.json())
    call.out() << json::serialize(json::object{{"url", process->url()}}) << std::endl;
  else
    call.out() << "TenantAtlas is running at " << process->url() << std::endl;
  stop.wait();
  process->leave(kDone);
  return kDone;
}

int work(const Invocation& call) {
  StopSignal stop;
  if (call.text("--database").starts_with("sqlite:"))
    call.err()
        << "tenantatlas: several processes on one SQLite file wait for each other; use PostgreSQL for more workers.\n";
  const auto process = make_process(call, {});
  process->start_worker();
  call.out() << "Worker " << process->worker().name() << " is ready." << std::endl;
  stop.wait();
  process->leave(kDone);
  return kDone;
}

}  // namespace

Commands serve_commands() {
  const Option address{
      .name = "--address", .help = "IP address to listen on", .fallback = "127.0.0.1", .setting = true};
  const Option port{.name = "--port",
                    .help = "Port to listen on; 0 takes any free one",
                    .fallback = "8080",
                    .kind = Option::Kind::number,
                    .setting = true};
  const Option no_worker{
      .name = "--no-worker", .help = "Leave the runs to other processes", .kind = Option::Kind::flag, .setting = true};
  return {{"serve", "Serve pages and API, and execute runs",
           with_limits({database_option(), master_key_file_option(), address, port, no_worker, slots_option(),
                        keep_days_option(), proxy_option(), custom_endpoints_option(), json_option()}),
           serve},
          {"worker", "Execute runs; start as many as you like on PostgreSQL",
           with_limits({database_option(), master_key_file_option(), slots_option(), keep_days_option(), proxy_option(),
                        custom_endpoints_option()}),
           work}};
}

}  // namespace ta::cli
