// serve: pages, API and (unless told otherwise) a worker in one process. worker: only a worker.
#include <iostream>

#include "base/secrets.h"
#include "cli/command_list.h"
#include "cli/graph_options.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

Option slots_option() {
  return {.name = "--slots",
          .help = "Runs at the same time",
          .fallback = "4",
          .kind = Option::Kind::number,
          .setting = true};
}

Option limit_option(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .fallback = "0", .kind = Option::Kind::number, .setting = true};
}

// The same on every process of an installation, so that pages know why a run waits and Graph meets one client.
std::vector<Option> with_limits(std::vector<Option> options) {
  options.push_back(limit_option("--tenant-limit", "Runs of one tenant at the same time; 0 is no limit"));
  options.push_back(limit_option("--connection-limit", "Runs on one connection at the same time; 0 is no limit"));
  for (Option& option : graph_options()) options.push_back(std::move(option));
  return options;
}

int limit(const Invocation& call, std::string_view name) {
  const auto value = call.number(name);
  if (value < 0 || value > 100'000) throw UsageError(fmt::format("{} must be a number from 0 to 100000.", name));
  return static_cast<int>(value);
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

std::unique_ptr<Process> make_process(const Invocation& call, http::ServerOptions server) {
  auto process = Process::create({.database_url = call.text("--database"),
                                  .master_key = installation_key(call),
                                  .server = std::move(server),
                                  .worker = {.slots = static_cast<int>(call.number("--slots"))},
                                  .queue = {.limits = {.per_tenant = limit(call, "--tenant-limit"),
                                                       .per_scope = limit(call, "--connection-limit")}},
                                  .retention = {.keep_days = keep_days(call)},
                                  .graph = read_graph_options(call),
                                  .outgoing = outgoing(call)});
  if (!process) throw CommandFailure(process.error().message);
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
  return {
      {"serve", "Serve pages and API, and execute runs",
       with_limits({database_option(), master_key_file_option(), address, port, no_worker, slots_option(),
                    keep_days_option(), proxy_option(), json_option()}),
       serve},
      {"worker", "Execute runs; start as many as you like on PostgreSQL",
       with_limits({database_option(), master_key_file_option(), slots_option(), keep_days_option(), proxy_option()}),
       work}};
}

}  // namespace ta::cli
