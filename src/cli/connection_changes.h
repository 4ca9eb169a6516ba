// Commands that change a connection, each with its entry in the audit log.
#pragma once
#include "cli/command.h"

namespace ta::cli {

int edit_connection(const Invocation& call);
int rotate_credential(const Invocation& call);
int enable_connection(const Invocation& call);
int disable_connection(const Invocation& call);
int make_default_connection(const Invocation& call);
int remove_connection(const Invocation& call);

// Safe to interrupt at any point: until every credential is sealed with the new key, the old one is accepted, and the
// command goes on where it was.
int rotate_master_key(const Invocation& call);

}  // namespace ta::cli
