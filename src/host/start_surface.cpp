#include "host/start_surface.h"

#include "web/security.h"
#include "web/sign_in_pages.h"
#include "web/start_answer.h"

namespace ta {
namespace {

tl::unexpected<StartRefusal> refuse(StartRefusal::Reason reason, std::string text) {
  return tl::make_unexpected(StartRefusal{reason, std::move(text)});
}

std::optional<StartRefusal> check(storage::Transaction& tx, const StartAttempt& attempt,
                                  const runs::RegisteredType* type) {
  using enum StartRefusal::Reason;
  const auto wanted = type ? access::capability_from(type->definition.capability) : access::Capability::runs_view;
  if (!wanted) return StartRefusal{forbidden, "Insufficient permission. Ask a tenant Owner."};
  switch (access::authorize(tx, attempt.principal, attempt.tenant, *wanted)) {
    case access::Decision::not_found:
      return StartRefusal{not_found, "Nothing here. It does not exist, or you have no access to it."};
    case access::Decision::forbidden: return StartRefusal{forbidden, "Insufficient permission. Ask a tenant Owner."};
    case access::Decision::granted: break;
  }
  if (!type) return StartRefusal{unknown_type, "There is no operation of this type."};
  return std::nullopt;
}

runs::Initiator initiator(const access::Principal& principal) {
  runs::Initiator made{principal.user.id, principal.user.name};
  if (principal.token) made.token = {principal.token->value, principal.token_name};
  return made;
}

void audit(storage::Transaction& tx, const Host& host, const StartAttempt& attempt, const runs::Started& started) {
  access::AuditEntry entry = access::audit_entry(attempt.principal, attempt.caller, "operation.started");
  entry.tenant = attempt.tenant;
  entry.target_type = "operation_run";
  entry.target_id = fmt::format("{}", started.run.id);
  entry.target_name = host.catalog.label(started.run.type);
  entry.detail = {{"type", started.run.type}, {"disposition", runs::name(started.disposition)}};
  const bool begun =
      started.disposition == runs::Disposition::created || started.disposition == runs::Disposition::joined;
  if (!begun) entry.result = access::AuditEntry::Result::failed;
  access::record(tx, entry, host.clock.now());
}

}  // namespace

StartResult start_operation(Host& host, StartAttempt attempt) {
  const runs::RegisteredType* type = host.catalog.find(attempt.type);
  return host.database.write([&](storage::Transaction& tx) -> StartResult {
    if (auto refusal = check(tx, attempt, type)) return tl::make_unexpected(std::move(*refusal));
    const runs::StartRequest request{attempt.tenant,       std::string(attempt.type),
                                     attempt.inputs,       initiator(attempt.principal),
                                     runs::Priority::user, {{"start_surface", attempt.surface}}};
    const auto started = host.runs.start(tx, request);
    if (!started) return refuse(StartRefusal::Reason::invalid_inputs, started.error().message);
    audit(tx, host, attempt, *started);
    return *started;
  });
}

http::Response start_from_page(Host& host, const http::Request& request, const web::Viewer& viewer, PageStart start) {
  const std::string label = host.catalog.label(start.type);
  const std::string back = web::local_path(request.form().get("back"), start.back);
  const access::Caller caller = web::caller_of(request);
  const auto started = start_operation(
      host, {viewer.principal, caller, viewer.tenant_id(), start.type, std::move(start.inputs), start.surface});
  if (started)
    return host.site.toast(
        request,
        web::start_toast({runs::name(started->disposition), label, host.catalog.label(started->run.type),
                          viewer.path(fmt::format("/operations/{}", started->run.id)),
                          runs::terminal_body(started->run)}),
        back);
  using enum StartRefusal::Reason;
  const auto reason = started.error().reason;
  const int status = reason == forbidden ? 403 : reason == not_found ? 404 : 422;
  return host.site.toast(request, web::refused_toast(label, started.error().text), back, status);
}

}  // namespace ta
