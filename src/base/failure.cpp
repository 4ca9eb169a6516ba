#include "base/failure.h"

namespace ta {
namespace {

using enum Severity;
using enum FailureCode;

constexpr FailureInfo kCatalog[] = {
    {queue_dispatch_failed, "queue.dispatch_failed", danger, true, true, "The operation did not start",
     "Start it again. Nothing was changed."},
    {queue_never_dispatched, "queue.never_dispatched", warning, true, true, "The operation did not start",
     "Start it again. Nothing was changed."},
    {worker_lost, "worker.lost", warning, true, true, "The worker stopped before it finished", "Start it again."},
    {worker_interrupted, "worker.interrupted", warning, true, true, "The worker was shut down before it finished",
     "Start it again."},
    {run_timeout, "run.timeout", danger, true, false, "It ran longer than this operation may",
     "Select less, then start it again."},
    {run_invalid_input, "run.invalid_input", danger, false, false, "The request no longer makes sense",
     "Start it again from its page."},
    {run_not_allowed, "run.not_allowed", danger, false, false, "The person who started it may no longer run it",
     "Ask a tenant Owner, then start it again."},
    {schedule_missed, "schedule.missed", warning, true, true, "Nothing was running that could start it",
     "Nothing to do: the latest slot was made up for."},
    {schedule_still_running, "schedule.still_running", warning, true, false, "The previous run was still active",
     "If it happens often, choose a longer interval."},
    {schedule_scope_busy, "schedule.scope_busy", warning, true, false, "Another operation was using the connection",
     "Choose another time for one of them."},
    {schedule_invalid, "schedule.invalid", danger, false, false, "The schedule no longer makes sense",
     "Change its time with `schedule edit`, or delete it and create it again."},
    {schedule_zone_unreadable, "schedule.zone_unreadable", danger, true, false, "The time zone cannot be read",
     "Choose another time zone for it, or have the server's time zone data (tzdata) installed again."},
    {graph_throttled, "graph.throttled", warning, true, false, "Microsoft Graph limited our requests",
     "Try again later."},
    {graph_unauthorized, "graph.unauthorized", danger, false, false, "Microsoft refused the sign-in",
     "Rotate the connection's credential, then check the connection."},
    {graph_forbidden, "graph.forbidden", danger, false, false, "A permission is missing",
     "Grant the permission in Entra, then check the connection."},
    {graph_not_licensed, "graph.not_licensed", warning, false, false, "The tenant has no licence for this service",
     "Add the licence in Microsoft 365, or leave this type out."},
    {graph_refused, "graph.refused", danger, false, false, "Microsoft refused it although the permission is granted",
     "Check whether the tenant has the licence and has set the service up; read Microsoft's message below."},
    {graph_not_found, "graph.not_found", warning, false, false, "The object no longer exists",
     "Run an inventory sync."},
    {graph_conflict, "graph.conflict", danger, false, false, "Someone changed the object meanwhile", "Preview again."},
    {graph_bad_request, "graph.bad_request", danger, false, false, "Microsoft rejected the request",
     "Read Microsoft's message below."},
    {graph_unavailable, "graph.unavailable", warning, true, false, "Microsoft Graph did not answer",
     "Try again later."},
    {graph_unreachable, "graph.unreachable", warning, true, false, "Microsoft's servers cannot be reached",
     "Check this server's network, DNS and proxy, then check the connection."},
    {graph_tls_failed, "graph.tls_failed", danger, false, false, "No secure connection to Microsoft is possible",
     "Check which certificate authorities this server trusts and whether a proxy opens the traffic."},
    {graph_approval_required, "graph.approval_required", warning, true, false, "An approval is needed",
     "Approve the request in Intune, then retry."},
    {graph_list_too_long, "graph.list_too_long", danger, false, false,
     "A list has more objects than one list may bring",
     "Check the connection's address. If the tenant has so many objects, raise --graph-list-objects."},
    {graph_list_too_large, "graph.list_too_large", danger, false, false, "A list has more data than one list may bring",
     "Check the connection's address. If the tenant has so much data, raise --graph-list-mb."},
    {graph_list_endless, "graph.list_endless", danger, false, false, "The pages of a list do not end",
     "Start it again. If it happens again, check the connection's address and report it to Microsoft."},
    {graph_run_too_large, "graph.run_too_large", danger, false, false, "The operation received more data than it may",
     "Select fewer types. If the tenant has so much data, raise --graph-run-mb."},
    {graph_without_id, "graph.without_id", warning, true, false, "Microsoft sent objects without an id",
     "Run the sync again. If it happens again, report the type to Microsoft."},
    {provider_connection_missing, "provider.connection_missing", danger, false, false,
     "There is nothing to connect with", "Add a provider connection."},
    {provider_credential_missing, "provider.credential_missing", danger, false, false,
     "The connection has no credential", "Add a credential to the connection."},
    {provider_credential_wrong, "provider.credential_wrong", danger, false, false,
     "Microsoft does not accept the connection's credential",
     "Rotate the credential, and check that the client id belongs to the same app."},
    {provider_consent_missing, "provider.consent_missing", warning, false, false, "Admin consent is missing",
     "Grant admin consent, then check the connection."},
    {provider_tenant_wrong, "provider.tenant_wrong", danger, false, false, "The Entra tenant id or its cloud is wrong",
     "Compare both with the overview page in Entra, then connect again with the right ones."},
    {provider_clock_wrong, "provider.clock_wrong", danger, true, false, "This server's clock is wrong",
     "Set the clock by a time service, then check the connection."},
    {provider_disabled, "provider.disabled", neutral, false, false, "The connection is switched off",
     "Enable the connection."},
    {provider_endpoint_not_allowed, "provider.endpoint_not_allowed", danger, false, false,
     "This server does not connect to the connection's address",
     "Choose one of Microsoft's clouds in the connection, or ask the server's operator about "
     "--allow-custom-endpoints."},
    {auth_token_expired, "auth.token_expired", danger, false, false, "The credential has expired",
     "Rotate the connection's credential."},
    {bulk_stopped, "bulk.stopped", danger, false, false, "Too many items failed, so the rest was not tried",
     "Fix what the failures have in common, then start it again."},
    {storage_unavailable, "storage.unavailable", warning, true, true, "Our database did not answer", "Try again."},
    {internal_error, "internal.error", danger, true, true, "Something on our side failed",
     "Try again. If it happens again, quote the run's number."},
};

}  // namespace

std::span<const FailureInfo> failure_catalog() { return kCatalog; }

const FailureInfo& info(FailureCode code) { return kCatalog[static_cast<std::size_t>(code)]; }

std::string_view name(FailureCode code) { return info(code).name; }

std::optional<FailureCode> failure_code(std::string_view name) {
  for (const FailureInfo& entry : kCatalog)
    if (entry.name == name) return entry.code;
  return std::nullopt;
}

}  // namespace ta
