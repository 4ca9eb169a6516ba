#include "access/audit.h"

#include "access/audit.sql.h"
#include "base/secrets.h"

namespace ta::access {
namespace {

constexpr std::size_t kTextBytesMax = 300;

// `tenant`: that of the entry; an entry of no tenant is read by the installation's own people.
json::value sanitised(const json::value& value, TenantId tenant) {
  if (const auto* text = value.if_string()) return json::value(sanitise_message(*text, tenant, kTextBytesMax));
  if (const auto* list = value.if_array()) {
    json::array out;
    for (const json::value& item : *list) out.push_back(sanitised(item, tenant));
    return out;
  }
  if (const auto* object = value.if_object()) {
    json::object out;
    for (const auto& [key, item] : *object) out.emplace(key, sanitised(item, tenant));
    return out;
  }
  return value;
}

std::optional<std::string> text_or_null(const std::string& text, TenantId tenant) {
  return text.empty() ? std::nullopt : std::optional(sanitise_message(text, tenant, kTextBytesMax));
}

AuditEntry::Result read_result(const std::string& text) {
  if (text == "refused") return AuditEntry::Result::refused;
  return text == "failed" ? AuditEntry::Result::failed : AuditEntry::Result::done;
}

AuditRecord read_record(const storage::Row& row) {
  const auto text = [&row](std::string_view column) {
    return row.get<std::optional<std::string>>(column).value_or(std::string());
  };
  AuditEntry entry{.tenant = row.get<std::optional<TenantId>>("tenant_id"),
                   .user = row.get<std::optional<UserId>>("user_id"),
                   .actor = text("actor"),
                   .action = text("action"),
                   .target_type = text("target_type"),
                   .target_id = text("target_id"),
                   .target_name = text("target_name"),
                   .result = read_result(text("result")),
                   .detail = row.get<json::value>("detail").as_object(),
                   .request_id = text("request_id"),
                   .address = text("address")};
  return {row.get<std::int64_t>("id"), row.get<Timestamp>("created_at"), std::move(entry)};
}

}  // namespace

std::string_view name(AuditEntry::Result result) {
  switch (result) {
    case AuditEntry::Result::done: return "done";
    case AuditEntry::Result::refused: return "refused";
    case AuditEntry::Result::failed: return "failed";
  }
  return {};
}

AuditEntry audit_entry(const Principal& principal, const Caller& caller, std::string action) {
  return {.user = principal.user.id,
          .actor = principal.user.name,
          .action = std::move(action),
          .request_id = caller.request_id,
          .address = caller.address};
}

void record(storage::Transaction& tx, const AuditEntry& entry, Timestamp now) {
  const TenantId tenant = entry.tenant.value_or(TenantId{});
  tx.run(sql::audit_insert, {{"tenant_id", entry.tenant},
                             {"user_id", entry.user},
                             {"actor", sanitise_message(entry.actor, tenant, kTextBytesMax)},
                             {"action", entry.action},
                             {"target_type", text_or_null(entry.target_type, tenant)},
                             {"target_id", text_or_null(entry.target_id, tenant)},
                             {"target_name", text_or_null(entry.target_name, tenant)},
                             {"result", name(entry.result)},
                             {"detail", sanitised(entry.detail, tenant)},
                             {"request_id", text_or_null(entry.request_id, tenant)},
                             {"address", text_or_null(entry.address, tenant)},
                             {"now", now}});
}

std::vector<AuditRecord> list_audit(storage::Transaction& tx, TenantId tenant, const AuditFilter& filter, int limit) {
  const auto result = filter.result ? std::optional<std::string_view>(name(*filter.result)) : std::nullopt;
  std::vector<AuditRecord> records;
  for (const storage::Row row : tx.run(sql::audit_list, {{"tenant_id", tenant},
                                                         {"user_id", filter.user},
                                                         {"action", filter.action},
                                                         {"result", result},
                                                         {"from_time", filter.from},
                                                         {"until_time", filter.until},
                                                         {"before_id", filter.before_id},
                                                         {"limit", limit}}))
    records.push_back(read_record(row));
  return records;
}

}  // namespace ta::access
