// What most commands need: the database, and somebody's words for the audit log.
#pragma once
#include <memory>

#include "access/audit.h"
#include "cli/command.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "storage/database.h"

namespace ta::cli {

// The options that commands share.
Option database_option();
Option json_option();
Option master_key_file_option();
Option custom_endpoints_option();

// --database, without looking at its schema. Throws CommandFailure with a sentence.
std::unique_ptr<storage::Database> open_database(const Invocation& call);
// The same; the schema must be this program's.
std::unique_ptr<storage::Database> open_current_database(const Invocation& call);
// Where the key is that seals credentials: --master-key-file, or beside the SQLite file.
std::string master_key_path(const Invocation& call);
// The key of this installation: TENANTATLAS_MASTER_KEY, or that file. The first use makes the file and says so in the
// log; where the database holds credentials already, a file that is missing is refused. Throws CommandFailure.
provider_connections::MasterKey installation_key(const Invocation& call);

// --allow-custom-endpoints
provider_connections::EndpointRule endpoint_rule(const Invocation& call);

// An audit entry of the person at the command line.
access::AuditEntry command_line_entry(std::string action);

// The value, or CommandFailure with the refusal's words.
template <class T>
T must(access::Outcome<T> outcome) {
  if (!outcome) throw CommandFailure(outcome.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

}  // namespace ta::cli
