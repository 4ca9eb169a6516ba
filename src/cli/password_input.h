// How a password gets into a command without appearing among the arguments, which every user of the machine can read.
#pragma once
#include <string>

#include "access/passwords.h"
#include "cli/command.h"

namespace ta::cli {

Option password_file_option();
Option generate_password_option();

// From --password-file ("-" is the standard input), TENANTATLAS_PASSWORD, --generate-password, or asked for at the
// terminal. Checked against the rules for `email`. Throws UsageError when there is none, CommandFailure when it is too
// weak.
std::string read_new_password(const Invocation& call, const std::string& email);

// The argon2id hash; throws CommandFailure.
std::string hash_password(const std::string& password);

}  // namespace ta::cli
